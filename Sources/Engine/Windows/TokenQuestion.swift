/// A question of a task, as the tokens that a model is run on.
public struct TokenQuestion: Sendable, Equatable {
  /// How a question is answered.
  public enum Form: Sendable, Equatable {
    /// By one of several answers: the windows of the answers in the token set, the numbers of
    /// characters that log-likelihoods are divided by (nil where they are not), and the index of the
    /// right answer.
    case choice(windows: Range<Int>, lengths: [Int]?, gold: Int)
    /// By text that continues a prompt.
    case text(prompt: [Int], answer: String, AnswerRule)
  }

  /// How it is answered.
  public let form: Form
  /// The groups of questions that it belongs to, from the largest to the smallest.
  public let groups: [String]

  /// Makes a question.
  public init(_ form: Form, groups: [String] = []) {
    self.form = form
    self.groups = groups
  }
}

extension TokenSet {
  /// A set of questions with the windows of their answers.
  ///
  /// - Parameters:
  ///   - questions: The questions, whose ranges of windows follow one another.
  ///   - windows: The windows of their answers, each with a token to predict.
  ///   - note: How they were made, in words.
  public init(_ questions: [TokenQuestion], _ windows: [TokenWindow], note: String) {
    self.init(windows, note: note)
    self.questions = questions
  }
}
