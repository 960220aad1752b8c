import BillhookFiles
package import BillhookTokenizer
import BillhookModels

/// Turns the texts of a data source into token ids, and reports progress where they are long.
package final class Tokenizing {
  private let tokenizer: Tokenizer
  private let context: RunContext
  /// The bytes of all texts.
  private let byteCount: Int
  private var done = 0
  private var told = 0

  /// Texts of at least this many bytes take long enough for progress to be shown.
  private static let fewestToTell = 1 << 22
  /// How many bytes of short texts there are between two reports of progress.
  private static let bytesAtOnce = 1 << 18

  /// The texts of questions: an answer is tokenised with its context, which is tokenised once more alone.
  package init(questions: [Question], by tokenizer: Tokenizer, _ context: RunContext) {
    self.tokenizer = tokenizer
    self.context = context
    byteCount = questions.reduce(0) { count, question in
      switch question.form {
      case .choice(let answers, _):
        answers.reduce(count) { $0 + 2 * $1.context.utf8.count + $1.continuation.utf8.count }
      case .text(let prompt, _, _): count + prompt.utf8.count
      }
    }
  }

  package init(_ documents: [Document], by tokenizer: Tokenizer, _ context: RunContext) {
    self.tokenizer = tokenizer
    self.context = context
    byteCount = documents.reduce(0) { count, document in
      switch document {
      case .tokens, .window: count
      // Roughly: the text is tokenised as a whole, and its beginnings once more for each answer.
      case .conversation(let conversation): count + 2 * conversation.size
      case .text(let text): count + text.utf8.count
      // The question is tokenised with its answer, and once more alone.
      case .exchange(let prompt, let answer, _): count + 2 * prompt.utf8.count + answer.utf8.count
      }
    }
  }

  /// Does all of the work, as a stage of its own where it takes long.
  package func run<Result>(_ stage: String, _ body: () throws -> Result) throws -> Result {
    guard byteCount >= Self.fewestToTell else { return try body() }
    let start = ContinuousClock.now
    context.progress(.began(stage: stage))
    let result = try body()
    let seconds = (ContinuousClock.now - start).seconds
    context.progress(.ended(stage: stage, seconds: seconds, result: ""))
    return result
  }

  /// The ids of one of the texts.
  ///
  /// - Throws: `Cancelled` when the user asked to stop.
  package func encode(_ text: String) throws -> [Int] {
    let size = text.utf8.count
    let ids = try tokenizer.encode(text, addingSpecialTokens: false) { share in
      try tell(Double(done) + share * Double(size))
    }
    done += size
    // A long text reports progress itself; short ones are reported several at a time.
    if done - told >= Self.bytesAtOnce { try tell(Double(done)) }
    return ids
  }

  private func tell(_ count: Double) throws {
    try context.checkCancelled()
    told = done
    guard byteCount >= Self.fewestToTell else { return }
    let share = min(1, count / Double(byteCount))
    context.progress(.advanced(done: Int(share * 1000), of: 1000))
  }
}
