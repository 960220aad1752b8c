import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// A projection that loses some of its inputs, or single weights.
public struct ProjectionCut {
  /// Which projection it is.
  public let id: WeightID
  /// The projection before the cut, `[out, in]` in f32.
  public let weight: Tensor
  /// What the ranges that `kept` is asked for begin at multiples of; nil where the mask is whole,
  /// so that any range may be asked for.
  ///
  /// They end at a multiple as well, or at the last column.
  public let step: Int?
  /// The columns that go as a whole; nil for single weights.
  public let columns: [Int]?
  /// Whether every row loses the same columns, and nothing else.
  public let rowsAreAlike: Bool
  private let choose: (Range<Int>, Tensor, Int) throws -> Tensor

  /// A projection that loses whole columns, the inputs of units that go.
  ///
  /// - Parameters:
  ///   - id: Which projection it is.
  ///   - weight: The projection, `[out, in]` in f32.
  ///   - columns: The columns that go.
  ///   - mask: What is not held at zero before, `[out, in]` in bool; nil for a dense projection.
  public init(id: WeightID, weight: Tensor, columns: [Int], mask: Tensor? = nil) {
    let gone = Set(columns)
    let isDense = mask == nil
    self.init(id: id, weight: weight, step: nil, columns: columns, rowsAreAlike: isDense) {
      range,
      _,
      _ in
      let stays = try Tensor(range.map { gone.contains($0) ? 0 : 1 }).to(device: weight.device)
      let rows = try Tensor.full([weight.shape[0], 1], 1, dtype: .bool, device: weight.device)
      let kept = try (stays .== 1).unsqueezed(0) .& rows
      return try mask.map { try kept .& $0.narrowed(1, to: range) } ?? kept
    }
  }

  /// A projection that loses single weights.
  ///
  /// - Parameters:
  ///   - id: Which projection it is.
  ///   - weight: The projection, `[out, in]` in f32.
  ///   - mask: What stays, `[out, in]` in bool.
  public init(id: WeightID, weight: Tensor, mask: Tensor) {
    self.init(id: id, weight: weight, step: nil, columns: nil) { range, _, _ in
      try mask.narrowed(1, to: range)
    }
  }

  /// A projection that loses single weights, which are chosen on the way.
  ///
  /// - Parameters:
  ///   - id: Which projection it is.
  ///   - weight: The projection, `[out, in]` in f32.
  ///   - step: The number of columns that are chosen together, at least 1.
  ///   - choosing: Says what stays of a range of columns, `[out, columns]` in bool, given those
  ///     columns as they stand, and how many columns, from the first of all, do not change any more.
  public init(
    id: WeightID,
    weight: Tensor,
    step: Int,
    choosing:
      @escaping (
        _ columns: Range<Int>, _ current: Tensor, _ settled: Int
      ) throws -> Tensor
  ) {
    self.init(id: id, weight: weight, step: step, columns: nil, choose: choosing)
  }

  private init(
    id: WeightID,
    weight: Tensor,
    step: Int?,
    columns: [Int]?,
    rowsAreAlike: Bool = false,
    choose: @escaping (Range<Int>, Tensor, Int) throws -> Tensor
  ) {
    self.id = id
    self.weight = weight
    self.step = step
    self.columns = columns
    self.rowsAreAlike = rowsAreAlike
    self.choose = choose
  }

  /// The columns that stay as a whole, in their order; nil for single weights.
  public var keptColumns: [Int]? {
    columns.map { columns in
      let gone = Set(columns)
      return (weight.shape.last.map { 0..<$0 } ?? 0..<0).filter { !gone.contains($0) }
    }
  }

  /// What stays of some columns.
  ///
  /// - Parameters:
  ///   - columns: A range that begins and ends as `step` says.
  ///   - current: Those columns as they stand now, `[out, columns]`.
  ///   - settled: How many columns, from the first of all, do not change any more; by default those before
  ///     the range.
  /// - Returns: The mask, `[out, columns]` in bool.
  /// - Throws: `DataError` for another range or shape, and what choosing throws.
  public func kept(
    _ columns: Range<Int>,
    of current: Tensor,
    settled: Int? = nil
  ) throws -> Tensor {
    let (rows, width) = (weight.shape[0], weight.shape[1])
    guard columns.lowerBound >= 0, columns.upperBound <= width else {
      throw DataError("\(id): asked for the mask of columns \(columns) of \(width)")
    }
    if let step {
      let isWhole = columns.upperBound % step == 0 || columns.upperBound == width
      guard columns.lowerBound % step == 0, isWhole else {
        throw DataError("\(id): asked for the mask of columns \(columns), chosen \(step) at a time")
      }
    }
    let mask = try choose(columns, current, settled ?? columns.lowerBound)
    guard mask.shape == [rows, columns.count], mask.dtype == .bool else {
      throw DataError(
        "\(id): expected a mask bool \([rows, columns.count]) of columns \(columns), found \(mask)"
      )
    }
    return mask
  }
}
