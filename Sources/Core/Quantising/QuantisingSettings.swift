import BillhookEngine
package import BillhookFiles
package import BillhookModels

/// The settings of `quantise weight`: how weights become codes, whoever chooses them.
package struct QuantisingSettings: Sendable {
  /// What a weight becomes.
  package enum Precision: String, Choice {
    case int4, int8

    var bits: Int { self == .int4 ? 4 : 8 }
  }

  package var precision = Precision.int4
  package var group = InputGroup.neighbours(128)
  package var isSymmetric = true
  package var targets = Projection.allCases
  package var order = SequentialOrder.block

  package init() {}

  package static let parameters: [Parameter<QuantisingSettings>] = [
    Parameter("to", \.precision, help: "the size of a code"),
    Parameter("group", \.group, help: "the neighbouring inputs of a row that share a scale"),
    Parameter(
      "symmetric",
      \.isSymmetric,
      help: "whether zero is the code in the middle; without it each group has a zero of its own"
    ),
    Parameter("targets", \.targets, help: "the projections that are quantised"),
    Parameter(
      "order",
      \.order,
      help: "what is quantised before the next part is measured, where anything is"
    ),
  ]

  /// How codes are made.
  package var scheme: QuantisationScheme {
    QuantisationScheme(bits: precision.bits, group: group.size, isSymmetric: isSymmetric)
  }

  /// The projections that are quantised.
  package var roles: Set<WeightRole> { Set(targets.map(\.role)) }

  /// The settings with their types, for keys of what depends on them.
  package var keyPart: JSON {
    .object(Self.parameters.map { JSON.Member(key: $0.name, value: $0.keyPart(of: self)) })
  }

  /// In which order the model is measured and quantised, in a few words.
  package var orderText: String {
    switch order {
    case .none: "all blocks before any is quantised"
    case .block: "each block after those before it are quantised"
    case .module: "each attention and each MLP after what comes before it is quantised"
    case .stage: "each projection after what comes before it is quantised"
    }
  }

  /// The settings as a recipe writes them.
  package var text: String {
    Self.parameters.compactMap { $0.setting(of: self) }.joined(separator: ", ")
  }

  /// The settings that are not as they are by default, and the size of a code, as a recipe writes them.
  package var shortText: String {
    let fresh = Self()
    return Self.parameters.filter {
      $0.name == "to" || $0.setting(of: self) != $0.setting(of: fresh)
    }
    .compactMap { $0.setting(of: self) }.joined(separator: ", ")
  }
}

/// The inputs of a row that share a scale.
package enum InputGroup: Sendable, Equatable {
  /// As many neighbours.
  case neighbours(Int)
  /// All of the row.
  case row

  /// How many they are; nil for all.
  package var size: Int? { if case .neighbours(let count) = self { count } else { nil } }
}

extension InputGroup: ParameterValue {
  /// The sizes that kernels of other programs know.
  package static let sizes = [16, 32, 64, 128, 256, 512, 1_024]

  /// A number, or a word for none.
  package static var expectation: String {
    "\(sizes.map { "\($0)" }.joined(separator: ", ")), or `none` for one scale a row"
  }

  /// Reads `128`, or `none`.
  package init?(_ literal: Literal) {
    if literal == .word("none") {
      self = .row
    } else if let count = Int(literal), Self.sizes.contains(count) {
      self = .neighbours(count)
    } else {
      return nil
    }
  }

  /// The number, or `none`.
  package var literalText: String { size.map { "\($0)" } ?? "none" }

  /// The number, or null.
  package var keyPart: JSON { size?.keyPart ?? .null }
}
