/// How the work of a block on a long text is cut into pieces, between which it can be stopped.
///
/// Texts of usual lengths are run whole, because pieces round differently.
public struct PieceSizes: Sendable, Equatable {
  /// The columns of the longest text that is run whole.
  public var longestWhole = 4096
  /// The columns of a piece.
  public var columns = 256
  /// The scores of a head, queries times keys, that are computed at once.
  public var scores = 1 << 23
  /// The multiplications of attention that are done at once.
  public var products = 1 << 33

  /// The default sizes.
  public init() {}

  /// Whether a text with this many columns is run in pieces.
  public func areNeeded(for columns: Int) -> Bool { columns > longestWhole }

  /// The ranges of the pieces of a number of columns.
  func pieces(of columns: Int) -> [Range<Int>] {
    stride(from: 0, to: columns, by: max(1, self.columns)).map {
      $0..<min($0 + max(1, self.columns), columns)
    }
  }
}
