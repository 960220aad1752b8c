/// The share of the work on a block that is done after each piece, counted in multiplications.
struct PieceCourse {
  private let columns: Int
  private let window: Int
  /// The cost per column of the projections to query, key and value, and of everything after
  /// attention.
  private let entering: Double
  private let leaving: Double
  /// The cost per pair of columns that attend to each other.
  private let pair: Double

  /// The course of a block over a text.
  init(_ block: BlockShape, hidden: Int, columns: Int, attends: Bool) {
    self.columns = columns
    let attention = attends ? block.attention : nil
    let queries = attention.map { $0.queryHeads * $0.headSize } ?? 0
    let keys = attention.map { $0.keyValueHeads * $0.headSize } ?? 0
    window = attention?.window ?? columns
    entering = Double(hidden * (queries + 2 * keys))
    let matrices = block.mlp?.isGated == false ? 2 : 3
    leaving = Double(hidden * (queries + matrices * (block.mlp?.width ?? 0)))
    pair = Double(2 * queries)
  }

  /// The share that is done when `entered` columns have entered attention, and `left` have left the
  /// block.
  func share(entered: Int, left: Int) -> Double {
    work(entered: entered, left: left) / max(1, work(entered: columns, left: columns))
  }

  private func work(entered: Int, left: Int) -> Double {
    let alone = Double(min(left, window))
    let pairs = alone * alone / 2 + Double(left - min(left, window)) * Double(window)
    return Double(entered) * entering + Double(left) * leaving + pairs * pair
  }
}
