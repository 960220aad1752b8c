/// How a block over a long text is cut into pieces, between which it can be stopped.
///
/// Texts of usual lengths are run whole, because pieces are rounded otherwise.
public struct PieceSizes: Sendable, Equatable {
  /// The columns of the longest text that is run whole.
  public var longestWhole = 4096
  /// The columns of a piece.
  public var columns = 256
  /// The scores of a head, queries times keys, that are computed at once.
  public var scores = 1 << 23
  /// The products of attention that are computed at once.
  public var products = 1 << 33

  /// The usual ones.
  public init() {}

  /// Whether a text of so many columns is run in pieces.
  public func areNeeded(for columns: Int) -> Bool { columns > longestWhole }

  /// The pieces of some columns.
  func pieces(of columns: Int) -> [Range<Int>] {
    stride(from: 0, to: columns, by: max(1, self.columns)).map {
      $0..<min($0 + max(1, self.columns), columns)
    }
  }
}
