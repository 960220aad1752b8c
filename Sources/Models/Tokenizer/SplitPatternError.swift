/// Why a regular expression is not one that this tokenizer knows.
struct SplitPatternError: Error {
  let problem: String

  /// Makes an error about the character that so many others come before.
  init(at position: Int, _ problem: String) {
    self.problem = "character \(position + 1): \(problem)"
  }
}
