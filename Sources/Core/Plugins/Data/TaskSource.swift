public import BillhookEngine

/// Reads the questions of a task, each of which a model answers by itself; no windows are cut.
///
/// The life of one: `check` before a run; `questions` in it, which are then tokenised with the model's
/// tokenizer and given to evaluations of the same `DataForm`.
public protocol TaskSource: DataSource {
  /// The questions in the order of the file.
  ///
  /// - Throws: `DataError` that names the line of a question that cannot be asked.
  func questions() throws -> [Question]

  /// How the questions are answered; not text.
  var form: DataForm { get }

  /// Which texts begin with the token that begins a text; nil for those of a tokenizer that puts it
  /// there by itself.
  var beginning: QuestionWindowing.Beginning? { get }

  /// Which questions they are, as it stands beside numbers measured on them after "200 questions"; empty
  /// by default.
  var note: String { get }
}

extension TaskSource {
  /// No documents: questions are no text to cut windows from.
  public func documents() throws -> [Document] { [] }

  /// Nothing is said of the questions.
  public var note: String { "" }

  /// Checks that every question can be asked.
  public func check() throws { _ = try questions() }
}

/// What data gives, which is also what a use of data takes.
public enum DataForm: String, Sendable, CaseIterable {
  /// Windows of text or of token ids.
  case text
  /// Questions with answers to choose among.
  case choices
  /// Questions that are answered by text.
  case answers

  /// What data of the form is, in words.
  package var phrase: String {
    switch self {
    case .text: "text"
    case .choices: "questions with answers to choose among"
    case .answers: "questions that are answered by text"
    }
  }
}

extension DataSource {
  /// What it gives.
  package var dataForm: DataForm { (self as? any TaskSource)?.form ?? .text }
}

extension QuestionWindowing.Beginning: Choice {}
