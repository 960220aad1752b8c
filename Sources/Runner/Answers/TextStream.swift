import BillhookCore

/// Texts that grow token by token, and the part of them that can be shown already.
///
/// The first text is shown as it grows, the others after it at the end. Special tokens are not
/// shown.
struct TextStream {
  private let tokenizer: Tokenizer
  private var texts: [[Int]]
  private var shown = ""

  init(_ tokenizer: Tokenizer, prompts: [[Int]]) {
    self.tokenizer = tokenizer
    texts = prompts
  }

  /// Adds a token, and gives the characters that can be shown now.
  mutating func add(_ token: Int, to text: Int) -> String? {
    texts[text].append(token)
    guard text == 0 else { return nil }
    let whole = decoded(0)
    // A character of several bytes may be complete only with the next token.
    guard let new = unshown(whole), whole.unicodeScalars.last != "\u{FFFD}" else { return nil }
    shown = whole
    return new
  }

  /// The tokens of the longest text.
  var longest: Int { texts.map(\.count).max() ?? 0 }

  /// What was not shown yet: the end of the first text, and the others.
  var rest: String {
    let first = decoded(0)
    let end = unshown(first) ?? "\n" + first
    return ([end] + texts.indices.dropFirst().map { "\n" + decoded($0) }).joined(separator: "\n")
  }

  /// The part of a text that was not shown yet, in scalars: a token may complete the character
  /// before it.
  private func unshown(_ text: String) -> String? {
    guard text.unicodeScalars.starts(with: shown.unicodeScalars) else { return nil }
    return String(text.unicodeScalars.dropFirst(shown.unicodeScalars.count))
  }

  private func decoded(_ text: Int) -> String {
    tokenizer.decode(texts[text], skippingSpecialTokens: true)
  }
}
