public import BillhookFiles
public import BillhookModels

/// What lives or dies together: a block, an attention head, a channel of an MLP.
public protocol PruningUnit: Plugin {
  /// How much of a block one unit is.
  var granularity: UnitGranularity { get }

  /// The units of a model as it stands, block by block; blocks without any are left out.
  ///
  /// Numbers are those that the units had in the model as it was opened.
  func units(of model: LanguageModel) -> [BlockUnits]

  /// Why units cannot be removed from a model; nil where they can.
  func obstacle(to model: LanguageModel) -> String?

  /// The gates of a model with some units switched off as well.
  ///
  /// What is switched off by gates is also what a cut removes; both give the same logits.
  func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates

  /// The name of the allocation that is used where a recipe names none.
  static var defaultAllocation: String { get }
}

extension PruningUnit {
  /// Units are named after `prune` and `score`.
  public static var kind: PluginKind { .unit }

  /// Units can be removed from every model.
  public func obstacle(to model: LanguageModel) -> String? { nil }

  /// One ranking over the whole model.
  public static var defaultAllocation: String { "global" }

  /// The model with some units really gone; its logits equal those of the gated model.
  public func cutting(
    _ units: [PrunableUnit],
    from model: LanguageModel
  ) throws(FileError) -> LanguageModel {
    try model.removing(closing(units, in: Gates(), of: model))
  }
}

/// How much of a block a unit is.
public enum UnitGranularity: String, Sendable, Hashable, CaseIterable {
  /// All of it.
  case block
  /// Its attention sub-layer.
  case attention
  /// Its MLP sub-layer.
  case mlp
  /// Heads inside its attention.
  case heads
  /// Channels inside its MLP.
  case channels
  /// Single weights inside its projections (`SparseUnit`).
  case weight

  /// Whether the same parameters can belong to units of both granularities.
  package func overlaps(_ other: UnitGranularity) -> Bool {
    self == .block || other == .block || self == .weight || other == .weight
      || isOfAttention == other.isOfAttention
  }

  private var isOfAttention: Bool { self == .attention || self == .heads }
}

extension PruningUnit {
  /// What one unit is called in tables: `block`, `mlp channel`.
  package var noun: String {
    let name = Self.name.replacing("_", with: " ")
    return [.attention, .mlp].contains(granularity) ? "\(name) sub-layer" : name
  }
}

/// One unit of a model.
public struct PrunableUnit: Sendable, Hashable {
  /// The name of its kind.
  public let kind: String
  /// How much of a block it is.
  public let granularity: UnitGranularity
  /// Its number among the units of its kind in the model as it was opened.
  public let number: Int
  /// The number of the block that it lies in.
  public let block: Int
  /// Its position among the units of its block as it was opened.
  public let place: Int
  /// The parameters that go with it.
  public let parameterCount: Int

  /// Describes a unit.
  public init(
    kind: String,
    granularity: UnitGranularity,
    number: Int,
    block: Int,
    place: Int = 0,
    parameterCount: Int = 0
  ) {
    self.kind = kind
    self.granularity = granularity
    self.number = number
    self.block = block
    self.place = place
    self.parameterCount = parameterCount
  }

  /// What it is called in messages, for example `block 7` or `mlp_channel 12 of block 7`.
  public var label: String {
    switch granularity {
    case .block, .attention, .mlp: "\(kind) \(number)"
    case .heads, .channels, .weight: "\(kind) \(number) (\(place) of block \(block))"
    }
  }
}
