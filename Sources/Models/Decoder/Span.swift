/// The columns of a batch of texts that run through a model at once.
///
/// Texts of different lengths end together: the shorter ones begin with empty columns.
public struct Span: Sendable, Hashable {
  /// The number of columns before these, whose keys and values are in a cache.
  public let start: Int
  /// The number of columns.
  public let count: Int
  /// The number of empty columns at the start of each text; empty when no text has any.
  public let padding: [Int]

  /// Makes a span.
  public init(start: Int = 0, count: Int, padding: [Int] = []) {
    self.start = start
    self.count = count
    self.padding = padding.allSatisfy { $0 == 0 } ? [] : padding
  }

  /// The column after the last one.
  public var end: Int { start + count }
}
