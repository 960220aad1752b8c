@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookCore
import BillhookEngine
import BillhookModels
import TestSupport
import Testing

/// Searches whose candidates are compared by an evaluation.
@Suite struct SearchFitnessTests {
  private static let evolution =
    "evolution { generations = 3, population = 8, parents = 3, mutations = 4, crossovers = 2"
  private static let policy = "policy_gradient { steps = 4, learning_rate = 0.1"

  private func run(
    _ search: String,
    in folder: String,
    plugins: [any Plugin.Type] = []
  ) throws -> TinyRun {
    try FileSystem.makeDirectory(folder)
    let text = """
      prune [attention_head, mlp_channel] on windows {
        by wanda_sp, remove 25%, search \(search) }
      }
      evaluate perplexity on windows
      """
    return try TinyRun(text, in: folder, also: plugins)
  }

  private func lines(_ folder: String, _ name: String) throws -> [JSON] {
    let runs = try FileSystem.names(in: "\(folder)/work/runs").sorted()
    let last = try #require(runs.last)
    let bytes = try FileSystem.read("\(folder)/work/runs/\(last)/search-\(name).jsonl")
    return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
  }

  /// The perplexity orders candidates as the mean loss does, so both find the same.
  @Test func perplexityFindsWhatTheLossFinds() throws {
    try Fixture.withFolder { folder in
      let plain = try run("\(Self.evolution), samples = 1000", in: "\(folder)/a").report()
      let other = try run("\(Self.evolution), evaluate perplexity", in: "\(folder)/b").report()
      #expect(plain.failures.isEmpty && other.failures.isEmpty, "\(other.failures)")
      #expect(plain.removals.map(\.removed) == other.removals.map(\.removed))
      let (loss, value) = (plain.searches[0].outcome, other.searches[0].outcome)
      #expect(loss.fitness == nil)
      let fitness = try #require(value.fitness)
      #expect(fitness.evaluation == "perplexity" && fitness.metric == "perplexity")
      #expect(fitness.direction == .lower)
      #expect(value.evaluations == loss.evaluations)
      #expect(abs(value.answer / exponential(loss.answer) - 1) < 1e-6)
      #expect(abs(value.start / exponential(loss.start) - 1) < 1e-6)
      // It is that of the model that was cut, to the bit.
      #expect(value.isVain || value.answer == other.rows.last?.metrics.first?.value)
      let steps = try lines("\(folder)/b", "evolution")
      #expect(steps.count == 3 && steps.allSatisfy { $0["fitness"]?.string == "perplexity" })
      let values = steps.compactMap { $0["values"]?.array }.joined().compactMap(\.double)
      #expect(values.min() == value.answer && values.count + 2 == value.evaluations)
    }
  }

  /// Where higher is better, the highest is found, and the sign of a gradient follows.
  @Test(arguments: [evolution, policy])
  func higherIsBetter(search: String) throws {
    try Fixture.withFolder { folder in
      let better = try run(
        "\(search), evaluate likelihood",
        in: "\(folder)/a",
        plugins: [Likelihood.self]
      ).report()
      let same = try run(
        "\(search), evaluate loss",
        in: "\(folder)/b",
        plugins: [MeanLoss.self]
      ).report()
      #expect(better.failures.isEmpty && same.failures.isEmpty, "\(better.failures)")
      // Minus the loss, and higher is better: the same search.
      #expect(better.removals.map(\.removed) == same.removals.map(\.removed))
      let (one, other) = (better.searches[0].outcome, same.searches[0].outcome)
      #expect(one.answer == -other.answer && one.start == -other.start)
      #expect(one.isVain == other.isVain)
      #expect(one.isVain || one.answer > one.start)
      #expect(one.curve.map(\.best) == other.curve.map { -$0.best })
      #expect(SearchOutcome(one.json) == one && SearchOutcome(other.json) == other)
      let name = String(search.prefix { $0 != " " })
      #expect(try lines("\(folder)/a", name).allSatisfy { $0["fitness"]?.string == "likelihood" })
    }
  }

  /// What candidates are compared by is a part of what is found again.
  @Test func anotherFitnessIsAnotherSearch() throws {
    try Fixture.withFolder { folder in
      let first = try run("\(Self.evolution), evaluate perplexity", in: folder)
      let report = try first.report()
      #expect(try first.forecast().entries[0].outlook == .doneBefore)
      #expect(try first.report().searches == report.searches)
      let plain = try run(Self.evolution, in: folder)
      #expect(try plain.forecast().entries[0].outlook == .ahead)
      #expect(try plain.report().searches != report.searches)
      let other = try run("\(Self.evolution), evaluate loss", in: folder, plugins: [MeanLoss.self])
      #expect(try other.forecast().entries[0].outlook == .ahead)
    }
  }

  /// What the opened model predicts is gathered before the search, and serves the evaluation after it too.
  @Test func candidatesAreComparedBesideTheOpenedModel() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune [attention_head, mlp_channel] on windows {
          by wanda_sp, remove 25%, search \(Self.evolution), evaluate likeness }
        }
        evaluate likeness on windows
        """
      let first = try TinyRun(text, in: folder)
      let stages = try first.forecast().entries[0].stages
      #expect(stages.contains("predictions of the opened model on windows"), "\(stages)")
      let report = try first.report()
      #expect(report.failures.isEmpty, "\(report.failures)")
      let (outcome, metric) = try (
        report.searches[0].outcome, #require(report.rows.last?.metrics.first)
      )
      #expect(outcome.fitness?.metric == "KL" && metric.name.hasPrefix("KL"))
      #expect(outcome.answer <= outcome.start && metric.value > 0)
      #expect(abs((outcome.isVain ? outcome.start : outcome.answer) / metric.value - 1) < 1e-12)
    }
  }

  @Test func theOutlineNamesIt() throws {
    try Fixture.withFolder { folder in
      let plan = try run("\(Self.evolution), evaluate perplexity", in: folder).plan
      let step = try #require(plan.steps.first as? PruneStep)
      var course = PruningCourse(try Golden("llama-gqa").model)
      let lines = try step.details(nil, &course, StepNeeds(plan.inputs))
      let expected = "search: 3 steps of 8 candidates, 26 evaluations at most by perplexity"
      #expect(lines.contains(expected), "\(lines)")
      #expect(step.line(plan.inputs).contains("by perplexity on windows"))
    }
  }

  /// Results of searches by losses are known by the keys, and in the form, that they always had.
  @Test func lossesStayAsTheyWere() throws {
    let point = SearchOutcome.Point(step: 0, best: 1.5, mean: 2)
    let outcome = SearchOutcome(evaluations: 4, start: 2, answer: 1.5, windows: 3, curve: [point])
    #expect(
      outcome.json.text(indent: nil)
        == #"{"evaluations": 4, "start": 2.0, "answer": 1.5, "windows": 3, "#
        + #""curve": [{"step": 0, "least": 1.5, "mean": 2.0}]}"#
    )
    #expect(SearchOutcome(outcome.json) == outcome)
  }

  /// What is not finite is worse than anything that is.
  @Test(arguments: [
    (2, 1.5, false), (1.5, 2, true), (1, 1, true), (Double.nan, 3, false), (.infinity, 3, false),
    (1, .nan, true), (.nan, .nan, true),
  ])
  func aVainSearch(start: Double, answer: Double, isVain: Bool) {
    let outcome = SearchOutcome(
      evaluations: 2,
      start: start,
      answer: answer,
      windows: 1,
      curve: []
    )
    #expect(outcome.isVain == isVain && (outcome.note != nil) == isVain)
  }

  private func exponential(_ value: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for number in 1..<60 {
      term *= value / Double(number)
      sum += term
    }
    return sum
  }
}

/// The mean loss, of which less is better.
private struct MeanLoss: Evaluation {
  static let name = "loss"
  static let summary = "The mean loss."

  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]
  {
    let loss = try Traversal(model, context).loss(on: tokens).mean
    return [Metric(name: "loss", value: loss, protocolNote: "")]
  }
}

/// The mean log-likelihood, of which more is better; another metric after it counts for nothing.
private struct Likelihood: Evaluation {
  static let name = "likelihood"
  static let summary = "The mean log-likelihood."

  var direction: MetricDirection { .higher }

  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]
  {
    let loss = try Traversal(model, context).loss(on: tokens).mean
    return [
      Metric(name: "likelihood", value: -loss, protocolNote: ""),
      Metric(name: "loss", value: loss, protocolNote: ""),
    ]
  }
}
