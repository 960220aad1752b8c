/// The text of a recipe with the name that messages show for it.
public struct SourceText: Sendable, Equatable {
  /// The path shown in messages.
  public let name: String
  /// The text as it was read; not necessarily valid UTF-8.
  public let bytes: [UInt8]
  let lineStarts: [Int]

  /// Wraps a text.
  public init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// Wraps the bytes of a file; `Recipe.parse` reports what is wrong with them.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [Self.startsWithMark(bytes) ? 3 : 0]
    for (offset, byte) in bytes.enumerated() where byte == .lineFeed { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// The whole text; bytes that are not UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The text of a span; the part outside the source is left out.
  public func text(in span: SourceSpan) -> String {
    String(decoding: bytes[range(of: span)], as: UTF8.self)
  }

  /// The offset at which the text starts, after a byte order mark.
  var textStart: Int { lineStarts.first ?? 0 }

  func range(of span: SourceSpan) -> Range<Int> {
    let start = min(max(span.start, 0), bytes.count)
    return start..<min(max(span.end, start), bytes.count)
  }

  private static func startsWithMark(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xEF, 0xBB, 0xBF])
  }
}
