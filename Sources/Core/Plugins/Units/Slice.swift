public import BillhookModels

/// The part of one weight that belongs to each unit of a block.
public struct Slice: Sendable, Hashable {
  /// The weight.
  public let weight: WeightID
  /// The dimension that is divided among the units; nil when the one unit has the whole weight.
  public let dimension: Int?
  /// The rows (dimension 0) or columns (dimension 1) of one unit; units lie side by side.
  public let extent: Int
  /// The number of elements that belong to one unit.
  public let parameterCount: Int

  /// A whole weight.
  public init(whole weight: WeightID, shape: [Int]) {
    self.weight = weight
    dimension = nil
    extent = shape.first ?? 1
    parameterCount = shape.reduce(1, *)
  }

  /// The rows (dimension 0) or columns (dimension 1) of a weight, so many for each unit.
  public init(_ weight: WeightID, shape: [Int], dimension: Int, extent: Int) {
    self.weight = weight
    self.dimension = dimension
    self.extent = extent
    // A dimension that the weight does not have is found where the units are checked.
    let whole = shape.indices.contains(dimension) ? Swift.max(1, shape[dimension]) : 1
    parameterCount = shape.reduce(1, *) / whole * extent
  }

  /// What the weight does.
  public var role: WeightRole { weight.role }
}
