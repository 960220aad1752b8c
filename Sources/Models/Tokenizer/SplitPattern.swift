/// A pattern that cuts text into words, as a hand-written scanner.
///
/// The patterns are few and known by their text; a new one is a new case.
enum SplitPattern: Sendable {
  /// The pattern of GPT-2.
  case gpt2
  /// The pattern of Llama 3 and, with numbers of one digit, of Qwen 2.
  case llama3(digits: Int)

  init?(regex: String) {
    switch regex {
    case Self.llama3Text("{1,3}"): self = .llama3(digits: 3)
    case Self.llama3Text(""): self = .llama3(digits: 1)
    case Self.gpt2Text: self = .gpt2
    default: return nil
    }
  }

  private static let gpt2Text =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private static func llama3Text(_ digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Calls `body` with each word.
  ///
  /// Together the words are the whole range.
  func forEachWord(_ bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var scanner = WordScanner(bytes: bytes, position: range.lowerBound, end: range.upperBound)
    while scanner.position < scanner.end {
      let start = scanner.position
      switch self {
      case .gpt2: scanner.skipGPT2Word()
      case .llama3(let digits): scanner.skipLlama3Word(digits: digits)
      }
      body(start..<scanner.position)
    }
  }
}
