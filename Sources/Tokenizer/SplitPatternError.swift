/// Why a regular expression is not one that this tokenizer knows.
struct SplitPatternError: Error {
  let problem: String

  /// Makes an error about the expression as a whole.
  init(_ problem: String) {
    self.problem = problem
  }

  /// Makes an error about the character that so many others come before.
  init(at position: Int, _ problem: String) {
    self.init("character \(position + 1): \(problem)")
  }
}
