public import BillhookFiles
public import BillhookModels
import BillhookRecipe

/// The parts of a model that a training changes: some of its blocks, and weights by what they are.
///
/// A weight is trained when any of the parts names it.
public struct TrainedParts: Sendable, Equatable {
  /// Weights by what they are.
  public enum Kind: String, Sendable, CaseIterable {
    /// The scales of all normalisations.
    case norms
    /// The biases of all projections.
    case biases
    /// Everything that belongs to attentions, or to MLPs.
    case attention, mlp
    /// One projection of every block.
    case query, key, value, output, gate, up, down
    /// The table of embeddings.
    case embedding
    /// The matrix that logits are computed with; where it is the table of embeddings, that table, which
    /// then gets the gradients of both of its uses.
    case head
  }

  /// One part.
  public enum Part: Sendable, Equatable {
    /// A block, by its number in the model as it was opened.
    case block(Int)
    /// So many blocks at the beginning, or at the end, of those that are there when the training begins.
    case first(Int), last(Int)
    /// Weights by what they are.
    case kind(Kind)
  }

  /// The parts, as a recipe names them.
  public let parts: [Part]

  /// Names parts.
  public init(_ parts: [Part]) { self.parts = parts }

  /// The weights of a model that the parts name.
  ///
  /// - Parameter model: The model; parts that it does not have name nothing.
  /// - Returns: The weights.
  public func weights(of model: LanguageModel) -> Set<WeightID> {
    let blocks = model.blocks.map(\.sourceIndex)
    var numbers: Set<Int> = []
    var kinds: Set<Kind> = []
    for part in parts {
      switch part {
      case .block(let number): numbers.insert(number)
      case .first(let count): numbers.formUnion(blocks.prefix(count))
      case .last(let count): numbers.formUnion(blocks.suffix(count))
      case .kind(let kind): kinds.insert(kind)
      }
    }
    let table = model.configuration.exitTable
    return Set(
      model.configuration.allWeights.map(\.id).filter { id in
        id.block.map(numbers.contains) ?? false
          || kinds.contains { $0.names(id, exitTable: table) }
      }
    )
  }

  /// What the parts name that a model does not have, in words; nil where it has everything.
  public func problem(with model: LanguageModel) -> String? {
    let blocks = model.blocks.map(\.sourceIndex)
    if parts.isEmpty { return "names nothing; leave it out to train everything" }
    for part in parts {
      switch part {
      case .block(let number) where !blocks.contains(number):
        let list = blocks.map(String.init).joined(separator: ", ")
        let known = blocks.isConsecutive ? blocks.range : list
        return "names block \(number); the blocks are \(known)"
      case .first(let count) where count > blocks.count,
        .last(let count) where count > blocks.count:
        return "names the \(part.literalText) blocks of \(blocks.count)"
      case .kind(let kind) where TrainedParts([part]).weights(of: model).isEmpty:
        return "names `\(kind.rawValue)`, of which the model has none"
      default: continue
      }
    }
    return nil
  }
}

extension TrainedParts.Kind {
  /// Whether a weight is of this kind.
  fileprivate func names(_ id: WeightID, exitTable: WeightRole) -> Bool {
    switch self {
    case .norms: id.role.kind == .norm
    case .biases: id.role.kind == .bias
    case .attention: id.role.isOfAttention
    case .mlp: id.block != nil && !id.role.isOfAttention
    case .embedding: id.role == .embedding
    case .head: id.role == exitTable
    case .query, .key, .value, .output, .gate, .up, .down: id.role.rawValue == rawValue
    }
  }
}

extension [Int] {
  fileprivate var isConsecutive: Bool { zip(self, dropFirst()).allSatisfy { $0 + 1 == $1 } }

  fileprivate var range: String { "\(first ?? 0) to \(last ?? 0)" }
}

extension TrainedParts: ParameterValue {
  /// Lists of parts.
  public static var expectation: String {
    "a list of block numbers, `first N`, `last N`, and "
      + Kind.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
  }

  /// The words for weights by what they are.
  public static var choices: [String] { Kind.allCases.map(\.rawValue) }

  /// Reads `[last 3, head]` or `[0..3, norms]`.
  public init?(_ literal: Literal) {
    guard case .list(let elements) = literal else { return nil }
    let parts = elements.compactMap(Part.init)
    guard parts.count == elements.count else { return nil }
    self.init(parts)
  }

  /// The list.
  public var literalText: String {
    "[\(parts.map(\.literalText).joined(separator: ", "))]"
  }

  /// The parts with their types.
  public var keyPart: JSON { .array(parts.map(\.keyPart)) }
}

extension TrainedParts.Part {
  fileprivate init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let block = number.integer, block >= 0 else { return nil }
      self = .block(block)
    case .end(.first, let count): self = .first(count)
    case .end(.last, let count): self = .last(count)
    case .word(let word):
      guard let kind = TrainedParts.Kind(rawValue: word) else { return nil }
      self = .kind(kind)
    default: return nil
    }
  }

  fileprivate var literalText: String {
    switch self {
    case .block(let number): "\(number)"
    case .first(let count): "first \(count)"
    case .last(let count): "last \(count)"
    case .kind(let kind): kind.rawValue
    }
  }

  fileprivate var keyPart: JSON {
    switch self {
    case .block(let number): number.keyPart
    case .first(let count): ["first": count.keyPart]
    case .last(let count): ["last": count.keyPart]
    case .kind(let kind): ["word": .string(kind.rawValue)]
    }
  }
}
