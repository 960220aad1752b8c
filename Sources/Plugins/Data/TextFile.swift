import BillhookCore

/// A text file in UTF-8: one document, or several with a separator between them; its lines end as Python
/// reads them.
struct TextFile: DataSource {
  static let name = "text"
  static let summary = "A text file in UTF-8: one document, or several with a separator."

  /// The file.
  var file = InputFile()
  /// What separates documents; nil for a single document.
  var separator: String?

  static let parameters = [
    Parameter<TextFile>.argument("file", \.file, help: "the text file"),
    Parameter("separator", \.separator, help: "what separates documents; unless set, it is one"),
  ]

  func validate() throws(ParameterProblem) {
    guard separator != "" else { throw ParameterProblem("separator", "must not be empty") }
    guard !file.path.hasSuffix(".jsonl") else {
      throw ParameterProblem(
        "file",
        "holds rows of JSON; write `\(JSONLines.name) \"…\"` to take their texts, or give the file another "
          + "name where the JSON itself is the text"
      )
    }
  }

  /// The documents; empty ones are left out.
  func documents() throws -> [Document] {
    let text = try TextReader.text(file.path).withPlainLineEnds
    guard let separator else { return [.text(text)] }
    return text.documents(separatedBy: separator).filter { !$0.isEmpty }.map(Document.text)
  }

  /// Checks that the file is text in UTF-8.
  func check() throws { _ = try TextReader.text(file.path) }
}

extension String {
  /// The text with a line feed at each line's end, in place of carriage returns.
  fileprivate var withPlainLineEnds: String {
    let (feed, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    guard utf8.contains(carriage) else { return self }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    var before: UInt8?
    for byte in utf8 {
      if byte == carriage {
        bytes.append(feed)
      } else if byte != feed || before != carriage {
        bytes.append(byte)
      }
      before = byte
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The parts between occurrences of a separator, compared byte by byte.
  fileprivate func documents(separatedBy separator: String) -> [String] {
    let bytes = Array(utf8)
    let pattern = Array(separator.utf8)
    var parts: [String] = []
    var start = 0
    var position = 0
    while position + pattern.count <= bytes.count {
      if bytes[position] == pattern[0],
        bytes[position..<position + pattern.count].elementsEqual(pattern)
      {
        parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
        position += pattern.count
        start = position
      } else {
        position += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}
