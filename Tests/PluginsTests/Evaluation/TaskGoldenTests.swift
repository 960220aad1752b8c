import BillhookEngine
import BillhookModels
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// What lm-eval 0.4.13 makes of a few questions of each task (Scripts/golden_tasks.py): the same texts,
/// log-likelihoods to within 1e-4, and the same choices.
@Suite struct TaskGoldenTests {
  private struct Found: Decodable {
    let requests: [[[String]]]?
    let log_likelihoods: [[Double]]
    let acc: [Double]
    let acc_norm: [Double]?
    let results: [String: Double]
  }

  private static let tasks = [
    "piqa", "boolq", "hellaswag", "winogrande", "arc_easy", "openbookqa", "mmlu_us_foreign_policy",
    "mmlu_astronomy",
  ]

  private static let models = [
    "random": Fixture.path("tasks/model"), "tiny": Fixture.tinyModel,
  ]

  /// The task as a recipe would describe it.
  private static func source(_ name: String, bos: QuestionWindowing.Beginning?) throws -> TaskData {
    var task = TaskData()
    task.file = InputFile(Fixture.path("tasks/\(name).jsonl"))
    task.bos = bos
    let isMMLU = name.hasPrefix("mmlu")
    task.task = try #require(TaskName(.word(isMMLU ? "mmlu" : name)))
    if isMMLU {
      task.examples = InputFile(Fixture.path("tasks/\(name)-examples.jsonl"))
      task.shots = 2
    }
    try task.validate()
    return task
  }

  @Test(arguments: tasks, ["random", "tiny"])
  func answersAreThoseOfLMEval(name: String, model: String) throws {
    let golden = try JSONDecoder().decode(
      [String: [String: Found]].self,
      from: Data(contentsOf: URL(fileURLWithPath: Fixture.path("tasks/\(model).json")))
    )
    let opened = try LanguageModel(opening: #require(Self.models[model]))
    for (rule, bos) in [("lm_eval", nil), ("before_0.4.9.2", QuestionWindowing.Beginning.nowhere)] {
      let expected = try #require(golden[rule]?[name])
      let source = try Self.source(name, bos: bos)
      if let requests = expected.requests {
        let texts = try source.questions().map { question -> [[String]] in
          guard case .choice(let answers, _) = question.form else { return [] }
          return answers.map { [$0.context, $0.continuation] }
        }
        #expect(texts == requests)
      }
      let tokens = try source.tokens(for: opened)
      let losses = try Traversal(opened, .testing()).losses(ofEach: tokens)
      let answered = tokens.questions.compactMap { AnsweredQuestion($0, losses) }
      #expect(answered.count == expected.log_likelihoods.count)
      for (own, theirs) in zip(answered, expected.log_likelihoods) {
        #expect(own.logLikelihoods.count == theirs.count)
        for (one, other) in zip(own.logLikelihoods, theirs) {
          #expect(abs(one - other) < 1e-4, "\(name) \(rule)")
        }
      }
      let right = answered.map { $0.choice == $0.gold ? 1.0 : 0 }
      #expect(right == expected.acc)
      let normalised = answered.map { $0.normalisedChoice == $0.gold ? 1.0 : 0 }
      let isNormalised = answered.allSatisfy { $0.normalisedChoice != nil }
      #expect((isNormalised ? normalised : nil) == expected.acc_norm)
      let metrics = try Accuracy().measure(opened, on: tokens, .testing())
      for metric in metrics {
        #expect(metric.value == expected.results[metric.name])
        let error = try #require(metric.error)
        let theirs = try #require(expected.results["\(metric.name)_stderr"])
        #expect(abs(error - theirs) < 1e-12)
      }
    }
  }
}
