public import BillhookModels
public import BillhookTorch

/// A saliency criterion that can look at some columns alone, after columns that are settled.
///
/// A repair that goes through a projection from the first column to the last changes later columns
/// as it goes; such a criterion says what to remove of them as they stand by then.
public protocol ColumnCriterion: SaliencyCriterion {
  /// The importance of each element of some columns.
  ///
  /// - Parameters:
  ///   - columns: The columns as they stand, `[out, columns]` in f32.
  ///   - id: Which weight they belong to.
  ///   - start: The number of the first of them.
  ///   - settled: How many columns, from the first of all, do not change any more: `start` at most.
  ///   - statistics: The evidence for the block.
  /// - Returns: A value for each element.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func saliency(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    _ statistics: Statistics
  ) throws -> Tensor

  /// Whether the weights of a pattern are valued by what goes together, by `losses`.
  var valuesSets: Bool { get }

  /// The loss of removing several elements of a row together.
  ///
  /// - Parameters:
  ///   - columns: The columns as they stand, `[out, columns]` in f32.
  ///   - id: Which weight they belong to.
  ///   - start: The number of the first of them.
  ///   - settled: How many columns, from the first of all, do not change any more: `start` at most.
  ///   - sets: What may be removed together: positions among `columns`, in all sets equally many.
  ///   - statistics: The evidence for the block.
  /// - Returns: A loss for each row and set, `[out, sets]`; nil from a criterion that values
  ///   elements one by one.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func losses(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    removing sets: [[Int]],
    _ statistics: Statistics
  ) throws -> Tensor?
}

extension ColumnCriterion {
  /// Elements are valued one by one.
  public var valuesSets: Bool { false }

  /// The importance of each element of a weight, all of whose columns may still change.
  public func saliency(
    of weight: Tensor,
    _ id: WeightID,
    _ statistics: Statistics
  ) throws -> Tensor {
    try saliency(of: weight, id, from: 0, settled: 0, statistics)
  }

  /// None: elements are valued one by one.
  public func losses(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    removing sets: [[Int]],
    _ statistics: Statistics
  ) throws -> Tensor? { nil }
}
