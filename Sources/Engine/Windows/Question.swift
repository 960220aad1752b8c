/// A question of a task, as text: with answers that a model chooses among, or one that it has to write.
public struct Question: Sendable, Equatable {
  /// An answer, and the text that it is read after.
  public struct Answer: Sendable, Equatable {
    /// The text before it; empty for none.
    public let context: String
    /// The answer, with what separates it from the context.
    public let continuation: String
    /// The number of Unicode scalars of the answer itself, which log-likelihoods are divided by; nil
    /// where they are not.
    public let length: Int?

    /// Makes an answer.
    public init(after context: String, _ continuation: String, length: Int? = nil) {
      self.context = context
      self.continuation = continuation
      self.length = length
    }
  }

  /// How a question is answered.
  public enum Form: Sendable, Equatable {
    /// By one of several answers, the index of the right one among them.
    case choice([Answer], gold: Int)
    /// By text that continues a prompt.
    case text(prompt: String, answer: String, AnswerRule)
  }

  /// How it is answered.
  public let form: Form
  /// The groups of questions that it belongs to, from the largest to the smallest.
  public let groups: [String]
  /// The line of the file that it comes from.
  public let line: Int

  /// Makes a question.
  public init(_ form: Form, groups: [String] = [], line: Int) {
    self.form = form
    self.groups = groups
    self.line = line
  }
}

/// Where a written answer ends, and which part of it counts.
public struct AnswerRule: Sendable, Equatable {
  /// The texts that end an answer, which are not part of it.
  public var stop: [String]
  /// A regular expression whose first match is the answer, or what its first group holds; nil for
  /// everything.
  public var pattern: String?
  /// Regular expressions whose matches are taken out before answers are compared.
  public var ignored: [String]
  /// Whether upper and lower case are the same.
  public var ignoresCase: Bool

  /// Makes a rule; by default everything counts.
  public init(
    stop: [String] = [],
    pattern: String? = nil,
    ignored: [String] = [],
    ignoresCase: Bool = false
  ) {
    self.stop = stop
    self.pattern = pattern
    self.ignored = ignored
    self.ignoresCase = ignoresCase
  }
}
