import BillhookEngine
import BillhookModels
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Answers of whole data sets beside those of lm-eval, which `Scripts/golden_tasks.py MODEL TASK ROWS OUT`
/// writes; `BILLHOOK_TASK_ANSWERS` has the files OUT, with colons between them.
@Suite struct TaskComparisonTests {
  private static let files =
    ProcessInfo.processInfo.environment["BILLHOOK_TASK_ANSWERS"]?
    .split(separator: ":").map(String.init) ?? []

  private struct Found: Decodable {
    let model: String
    let task: String
    let rows: String
    let examples: String?
    let shots: Int
    let limit: Int?
    let log_likelihoods: [[Double]]
    let acc: [Double]
    let acc_norm: [Double]?
    let seconds: Double
  }

  /// The same choices, and log-likelihoods to within 2e-4, because either side is about 1e-4 from what f64
  /// gives; beyond 50, where f32 is less exact, to within 4e-6 of their size.
  @Test(.enabled(if: !files.isEmpty), arguments: files)
  func answersAreThoseOfLMEval(file: String) throws {
    let expected = try JSONDecoder().decode(
      Found.self,
      from: Data(contentsOf: URL(fileURLWithPath: file))
    )
    let clock = ContinuousClock()
    var answered: [AnsweredQuestion] = []
    let seconds = try clock.measure { answered = try answers(expected) } / .seconds(1)
    let pairs = zip(answered, expected.log_likelihoods).map { own, theirs in
      #expect(own.logLikelihoods.count == theirs.count)
      return Array(zip(own.logLikelihoods, theirs))
    }
    let largest = pairs.joined().map { abs($0 - $1) }.max() ?? .infinity
    let far = pairs.indices.filter { index in
      pairs[index].contains { abs($0 - $1) >= max(2e-4, 4e-6 * abs($1)) }
    }
    let right = answered.map { $0.choice == $0.gold ? 1.0 : 0 }
    let normalised = answered.map { $0.normalisedChoice == $0.gold ? 1.0 : 0 }
    let others = answered.indices.filter { index in
      right[index] != expected.acc[index]
        || expected.acc_norm.map { $0[index] != normalised[index] } == true
    }
    print(
      "\(expected.task): \(answered.count) questions, off by \(largest) at most, "
        + "\(seconds.rounded()) s (lm-eval \(expected.seconds.rounded()) s)"
    )
    #expect(answered.count == expected.log_likelihoods.count)
    #expect(others.isEmpty, "other choices for questions \(others)")
    let found = far.map { "\($0): \(pairs[$0])" }
    #expect(far.isEmpty, "other log-likelihoods: \(found.joined(separator: "; "))")
  }

  private func answers(_ expected: Found) throws -> [AnsweredQuestion] {
    var task = TaskData()
    task.file = InputFile(expected.rows)
    task.task = try #require(
      TaskName(.word(expected.task.hasPrefix("mmlu") ? "mmlu" : expected.task))
    )
    task.examples = expected.examples.map { InputFile($0) }
    task.shots = expected.shots
    task.samples = expected.limit
    try task.validate()
    let model = try LanguageModel(opening: expected.model)
    let tokens = try task.tokens(for: model)
    let losses = try Traversal(model, .testing()).losses(ofEach: tokens)
    return tokens.questions.compactMap { AnsweredQuestion($0, losses) }
  }
}
