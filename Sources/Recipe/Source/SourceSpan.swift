/// A stretch of a source: UTF-8 byte offsets, half open.
public struct SourceSpan: Sendable, Hashable {
  /// The offset of the first byte.
  public let start: Int
  /// The offset behind the last byte; never less than `start`.
  public let end: Int

  /// Spans the bytes from `start` up to `end`.
  public init(start: Int, end: Int) {
    self.start = start
    self.end = max(start, end)
  }

  /// Whether the span marks a place between two bytes.
  public var isEmpty: Bool { start == end }

  /// The span from where this one starts to where another ends.
  public func through(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(start: start, end: other.end)
  }
}
