import BillhookModels

/// Texts that grow token by token, and what of them can be shown already.
///
/// The first text is shown as it grows, the others behind it at the end. Special tokens are not
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
    guard whole.hasPrefix(shown), !whole.hasSuffix("\u{FFFD}") else { return nil }
    defer { shown = whole }
    return String(whole.dropFirst(shown.count))
  }

  /// What was not shown yet: the end of the first text, and the others.
  var rest: String {
    let first = decoded(0)
    let end = first.hasPrefix(shown) ? String(first.dropFirst(shown.count)) : "\n" + first
    return ([end] + texts.indices.dropFirst().map { "\n" + decoded($0) }).joined(separator: "\n")
  }

  private func decoded(_ text: Int) -> String {
    tokenizer.decode(texts[text], skippingSpecialTokens: true)
  }
}
