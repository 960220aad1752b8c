/// Why a regular expression is not supported.
struct SplitPatternError: Error {
  let problem: String

  /// Makes an error about the expression as a whole.
  init(_ problem: String) {
    self.problem = problem
  }

  /// Makes an error about the character at a position, counted from 0.
  init(at position: Int, _ problem: String) {
    self.init("character \(position + 1): \(problem)")
  }
}
