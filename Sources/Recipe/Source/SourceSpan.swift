/// A stretch of a source: UTF-8 byte offsets, half open.
public struct SourceSpan: Sendable, Hashable {
  /// The offset of the first byte.
  public let start: Int
  /// The offset after the last byte; never less than `start`.
  public let end: Int

  /// Makes the span of the bytes from `start` up to `end`.
  public init(start: Int, end: Int) {
    self.start = start
    self.end = max(start, end)
  }

  /// Whether the span is empty and marks a position between two bytes.
  public var isEmpty: Bool { start == end }

  /// The span from where this one starts to where another ends.
  public func through(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(start: start, end: other.end)
  }
}
