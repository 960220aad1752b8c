import BillhookCore

/// How much work the questions of a task are, as it is found before anything is computed.
package struct TaskSize: Sendable {
  /// The number of questions.
  let questions: Int
  /// The number of answers whose likelihoods are computed, or of prompts that are continued.
  let requests: Int
  /// The number of their tokens, each answer with its context.
  let tokens: Int
  /// How many lose tokens at the left, because they are longer than the model's sequences.
  let truncated: Int
  /// Whether only some of the questions were made tokens, as there are many.
  let isEstimate: Bool
  /// How the questions are answered.
  let form: DataForm
  /// The tokens of each answer with its context, or of each prompt, of those that were made tokens.
  private let lengths: [Int]
  /// How many questions each of them stands for.
  private let share: Int

  /// Of longer files only some of the questions are made tokens.
  private static let mostBytes = 8 << 20

  /// Makes the questions of a data source tokens, without keeping them; nil for data that gives none.
  ///
  /// - Throws: `DataError` that says what cannot be asked.
  init?(of step: DataStep, for model: LanguageModel, _ tokenizer: Tokenizer) throws {
    guard let task = step.source as? any TaskSource else { return nil }
    var (count, share) = (0, 1)
    let made = try step.questionTokens(for: model, tokenizer, nil) { questions in
      count = questions.count
      let bytes = questions.reduce(0) { $0 + $1.byteCount }
      share = max(1, (bytes + Self.mostBytes - 1) / Self.mostBytes)
      return stride(from: 0, to: questions.count, by: share).map { questions[$0] }
    }
    guard let made else { return nil }
    try step.check(made, for: model)
    lengths = made.requestLengths
    questions = count
    form = task.form
    isEstimate = share > 1
    requests = lengths.count * share
    tokens = lengths.reduce(0, +) * share
    truncated = made.truncatedCount * share
    self.share = share
  }

  /// The number of tokens in the longest.
  var longest: Int { lengths.max() ?? 0 }

  /// How many answers with their contexts, or prompts, have more tokens than so many.
  func requests(longerThan most: Int) -> Int { share * lengths.count { $0 > most } }

  /// The numbers in words.
  var text: String {
    let about = isEstimate ? "about " : ""
    let noun = form == .answers ? "prompt" : "answer"
    let all = form == .answers ? "" : ", \(about)\(counted(requests, noun))"
    return "\(counted(questions, "question"))\(all), \(about)\(counted(tokens, "token"))"
  }
}

extension TokenSet {
  /// The number of tokens of each answer with its context, or of each prompt.
  fileprivate var requestLengths: [Int] {
    questions.flatMap { question -> [Int] in
      switch question.form {
      case .choice(let range, _, _): windows[range].map(\.tokens.count)
      case .text(let prompt, _, _): [prompt.count]
      }
    }
  }
}

extension Question {
  /// The bytes of the texts that are made tokens.
  fileprivate var byteCount: Int {
    switch form {
    case .choice(let answers, _):
      answers.reduce(0) { $0 + $1.context.utf8.count + $1.continuation.utf8.count }
    case .text(let prompt, _, _): prompt.utf8.count
    }
  }
}
