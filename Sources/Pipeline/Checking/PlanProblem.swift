import BillhookCore
package import BillhookRecipe

/// Everything that can be wrong with a plan whose recipe was understood: where it conflicts with
/// the model, the disk or the machine.
package enum PlanProblem {
  case inconsistent(String, String)
  case unusableModel(String)
  case missingModel(String, suggestion: String)
  case impossibleAmount(String, advice: String?)
  case unusableTarget(String)
  case unusableShape(String)
  case beyondPositions(length: Int, Int)
  case wholeBeyondPositions(String, atLeast: Int, Int)
  case truncated(String, Int, of: Int, Int)
  case truncatedPrompts(String, Int, of: Int, room: Int, tokens: Int)
  case beyondMemory(String, String, remedy: String?)
  case beyondDisk(String, String, at: String)
  case unexpectedAmount(String)
  case lostResult(String)
  case repeatedMeasurement(String, first: SourceSpan)
  case remarkableModel(String)
  case otherReaders(String)

  /// What `billhook explain` knows the problem by.
  var code: PlanCode {
    switch self {
    case .inconsistent: .inconsistent
    case .unusableModel, .missingModel: .unusableModel
    case .impossibleAmount: .impossibleAmount
    case .unusableTarget: .unusableTarget
    case .unusableShape: .unusableShape
    case .beyondPositions, .wholeBeyondPositions, .truncated, .truncatedPrompts: .beyondPositions
    case .beyondMemory: .beyondMemory
    case .beyondDisk: .beyondDisk
    case .unexpectedAmount: .unexpectedAmount
    case .lostResult: .lostResult
    case .repeatedMeasurement: .repeatedMeasurement
    case .remarkableModel: .remarkableModel
    case .otherReaders: .otherReaders
    }
  }

  /// What is wrong, with what was found.
  var message: String {
    switch self {
    case .inconsistent(let what, let message): "`\(what)`: \(message)"
    case .unusableModel(let message), .missingModel(let message, _),
      .impossibleAmount(let message, _),
      .unusableTarget(let message), .unusableShape(let message), .unexpectedAmount(let message),
      .remarkableModel(let message), .otherReaders(let message):
      message
    case .lostResult(let keyword): "nothing measures or saves the model after this `\(keyword)`"
    case .repeatedMeasurement(let what, _): "`\(what)` repeats a measurement of this very model"
    case .beyondPositions(let length, let positions):
      "windows of \(length) tokens are longer than the \(positions) positions of the model"
    case .wholeBeyondPositions(let data, let count, let positions):
      "\(data): a document of at least \(count) tokens is one window, longer than the \(positions) "
        + "positions of the model"
    case .truncated(let data, let count, let all, let positions):
      "\(data): \(count) of \(counted(all, "answer")) with what stands before them are longer than the "
        + "\(positions) positions of the model, and lose tokens at the left"
    case .truncatedPrompts(let data, let count, let all, let room, let tokens):
      "\(data): \(count) of \(counted(all, "prompt")) have more tokens than the \(room) that "
        + "`tokens = \(tokens)` leaves of the model's positions, and lose tokens at the left"
    case .beyondMemory(let needed, let available, _):
      "this takes \(needed) of memory, and the machine has \(available)"
    case .beyondDisk(let needed, let room, let path):
      "with this, the recipe writes about \(needed) to the disk of \(path), which has room for "
        + room
    }
  }

  /// What was probably meant.
  fileprivate var suggestion: String? {
    guard case .missingModel(_, let suggestion) = self else { return nil }
    return suggestion
  }

  /// What may help, with a place in the recipe where there is one.
  var notes: [Note] {
    switch self {
    case .beyondPositions(_, let positions), .wholeBeyondPositions(_, _, let positions):
      // A window needs a token to predict.
      positions < 2 ? [] : [Note("write `length = \(positions)`, or less, to cut windows of it")]
    case .beyondMemory(_, _, let remedy): remedy.map { [Note($0)] } ?? []
    case .impossibleAmount(_, let advice): advice.map { [Note($0)] } ?? []
    case .lostResult: [Note("`evaluate …` after it measures it, and `save \"…\"` writes it")]
    case .repeatedMeasurement(_, let first): [Note("the first time is here", at: first)]
    default: []
    }
  }

  /// Whether the recipe can be run all the same.
  var isWarning: Bool { code.rawValue.hasPrefix("W") }
}

extension Diagnostic {
  /// A problem of a plan with its place, in words.
  ///
  /// - Parameters:
  ///   - problem: What is wrong.
  ///   - span: Where.
  ///   - written: What stands there, where a suggestion could stand instead; else nil.
  package init(_ problem: PlanProblem, at span: SourceSpan, written: String? = nil) {
    self.init(
      code: problem.code.rawValue,
      severity: problem.isWarning ? .warning : .error,
      message: problem.message,
      span: span,
      label: problem.suggestion.map { "did you mean `\($0)`?" },
      notes: problem.notes,
      fix: written == nil ? nil : problem.suggestion.map { Fix(span: span, replacement: $0) }
    )
  }

  /// A statement that failed while it ran.
  package init(_ error: StepError) {
    self.init(
      code: PlanCode.failedStep.rawValue,
      severity: .error,
      message: error.message,
      span: error.span,
      notes: [
        error.stage.map { "in the stage `\($0)`" },
        error.branches.isEmpty ? nil : "in branch \(error.branches.label)",
      ]
      .compactMap { $0.map { Note($0) } }
    )
  }
}
