public import BillhookModels
public import BillhookTorch

/// What lives or dies together: a block, an attention head, a channel of an MLP.
public protocol PruningUnit: Plugin {
  /// Every unit of a model as it stands, in order; numbers are those of the model as opened.
  func units(of model: LanguageModel) -> [PrunableUnit]

  /// The gates with some units switched off as well.
  func closing(_ units: [PrunableUnit], in gates: Gates) -> Gates

  /// The model with some units really gone; its logits equal those of the gated model.
  func cutting(_ units: [PrunableUnit], from model: LanguageModel) throws -> LanguageModel
}

extension PruningUnit {
  /// Units stand behind `prune` and `score`.
  public static var kind: PluginKind { .unit }
}

/// One unit of a model.
public struct PrunableUnit: Sendable, Hashable {
  /// Its number among the units of this kind in the model as it was opened.
  public let number: Int
  /// The number of the block that it lies in.
  public let block: Int
  /// What it is called in tables, for example `block 7`.
  public let label: String
  /// Everything that goes with it.
  public let slices: [Slice]

  /// Describes a unit.
  public init(number: Int, block: Int, label: String, slices: [Slice]) {
    self.number = number
    self.block = block
    self.label = label
    self.slices = slices
  }

  /// The parameters that go with it.
  public var parameterCount: Int { slices.reduce(0) { $0 + $1.parameterCount } }
}

/// The part of one weight that belongs to a unit.
public struct Slice: Sendable, Hashable {
  /// The weight.
  public let weight: WeightID
  /// The dimension that is divided among units; nil when the unit has the whole weight.
  public let dimension: Int?
  /// The unit's part of that dimension.
  public let range: Range<Int>
  /// The number of elements that belong to the unit.
  public let parameterCount: Int

  /// A whole weight.
  public init(whole weight: WeightID, shape: [Int]) {
    self.weight = weight
    dimension = nil
    range = 0..<0
    parameterCount = shape.reduce(1, *)
  }

  /// The rows (dimension 0) or columns (dimension 1) of a weight that a range names.
  public init(_ weight: WeightID, shape: [Int], dimension: Int, range: Range<Int>) {
    self.weight = weight
    self.dimension = dimension
    self.range = range
    parameterCount = shape.reduce(1, *) / Swift.max(1, shape[dimension]) * range.count
  }

  /// The slice's part of a tensor in the weight's shape.
  public func part(of tensor: Tensor) throws(TorchError) -> Tensor {
    guard let dimension else { return tensor }
    return try tensor.narrowed(dimension, to: range)
  }

  /// What the weight does.
  public var role: WeightRole { weight.role }
}
