import BillhookConformance
import BillhookCore
import Testing

/// The kit finds what is wrong, and nothing else.
@Suite struct BrokenPluginTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let plugin: any Plugin
    let promises: [Promise]
    let says: String

    var testDescription: String { "\(type(of: plugin))" }

    init(_ plugin: any Plugin, _ promises: Promise..., says: String) {
      self.plugin = plugin
      self.promises = promises
      self.says = says
    }
  }

  static let cases = [
    Case(BrokenCriteria.NoNumber(), .finite, says: "gave the score nan to attention 2"),
    Case(BrokenCriteria.TooFew(), .finite, says: "gave 3 scores for 4 units"),
    Case(
      BrokenCriteria.OnlyWholeModels(),
      .answers,
      says: "scores of attention on the tiny llama without attention 0: "
        + "criterion `only_whole_models`: where is unit 0?"
    ),
    Case(
      BrokenCriteria.Drifting(),
      .deterministic,
      .batches,
      .resumes,
      says: "differ from one call to the next"
    ),
    Case(BrokenCriteria.Undescribed(), .declared, says: "the parameter `power` has no help"),
    Case(BrokenCriteria.ForNothing(), .declared, says: "supports no kind of units"),
    Case(
      BrokenCriteria.NoUpdate(),
      .finite,
      says: "in some step it gave values that are not finite"
    ),
    Case(BrokenCriteria.OtherShape(), .finite, says: "where [24, 16] was expected"),
    Case(BrokenCriteria.Measured(), .declared, says: "asks for evidence, which nobody gathers"),
    Case(BrokenCriteria.OfMeans(), .batches, says: "are different when 40 tokens run at once"),
    Case(BrokenCriteria.MeanOfMeans(), .merges, says: "observed in batches of 4096 tokens"),
    Case(BrokenCriteria.Forgetful(), .merges, says: "merged from the last to the first"),
    Case(BrokenCriteria.Shortened(), .survives, says: "was written to a file and read"),
    Case(
      BrokenCriteria.Incomplete(),
      .answers,
      .survives,
      says: "expected the tensor `count`, found `sum`"
    ),
    Case(BrokenCriteria.AllAtOnce(), .answers, says: "on the tiny llama: "),
    Case(BrokenCriteria.NumberOfBatches(), .merges, says: "observed in batches of 4096 tokens"),
    Case(BrokenUnits.Cheap(), .cost, says: "the units are said to cost"),
    Case(BrokenUnits.Twice(), .disjoint, .cost, says: "two slices hold parts of block 0 down"),
    Case(BrokenUnits.Renumbered(), .numbers, says: "without units [0, 3], the others have"),
    Case(BrokenUnits.Open(), .gatesEqualCut, .cost, .numbers, says: "the gates close nothing"),
    Case(BrokenUnits.Forgetful(), .gatesEqualCut, says: "are not the same gates"),
    Case(BrokenUnits.None(), .declared, says: "the tiny llama has no such units"),
    Case(BrokenUnits.Greedy(), .answers, says: "take more steps of block 0 than it has"),
    Case(BrokenUnits.Refusing(), .answers, says: "on the tiny llama: never"),
    Case(BrokenUnits.Short(), .answers, says: "gave 3 shares for 4 blocks"),
    Case(BrokenUnits.Nothing(), .answers, says: "shares on the tiny llama are all 0"),
    Case(BrokenUnits.BelowZero(), .answers, says: "gave block 0 the share -0.05"),
    Case(BrokenUnits.OfGradients(), .declared, says: "can only depend on what runs through blocks"),
    Case(BrokenUnits.Neither(), .declared, says: "nor a ProportionalAllocation"),
    Case(BrokenSearches.Nothing(), .budget, says: "removes 0 units of a kind of which"),
    Case(BrokenSearches.Untiring(), .bounded, says: "evaluates 6 candidates, and said 2 at most"),
    Case(BrokenSearches.Forgetful(), .resumes, says: "when it goes on from what it wrote down"),
    Case(BrokenSearches.Short(), .answers, says: "a candidate names 1 units of"),
    Case(BrokenTrainings.Worse(), .lowersLoss, says: "on what it was trained on, and had"),
    Case(BrokenTrainings.Sideways(), .frozen, says: "`trainedCount` says"),
    Case(BrokenTrainings.Unobserved(), .observed, says: "did not see every step"),
    Case(BrokenTrainings.Impatient(), .resumes, says: "stopped after event"),
    Case(
      BrokenTrainings.Drifting(),
      .deterministic,
      .batches,
      .unmoved,
      .reconstruction,
      .resumes,
      says: "differs from one call to the next"
    ),
    Case(BrokenOthers.MeanOfBatches(), .batches, says: "are different when"),
    Case(
      BrokenOthers.Clock(),
      .deterministic,
      .batches,
      .resumes,
      says: "differ from one call to the next"
    ),
    Case(BrokenOthers.Nameless(), .declared, says: "a metric has no name"),
    Case(BrokenOthers.NoText(), .declared, says: "`yieldsText` is true"),
    Case(BrokenOthers.NothingToPredict(), .finite, says: "document 1 has 1 tokens"),
    Case(BrokenOthers.Empty(), .answers, says: "a recipe with it: "),
    Case(BrokenOthers.WholeNumbers(), .finite, says: "would be written in int8"),
  ]

  @Test(arguments: cases)
  func isFound(broken: Case) throws {
    let violations = try Conformance.violations(of: broken.plugin)
    #expect(violations.map(\.promise) == broken.promises, "\(violations)")
    #expect(violations.first?.message.contains(broken.says) == true, "\(violations)")
  }

  @Test func whatIsExcusedIsNotFound() throws {
    let excused: Set<Promise> = [.deterministic, .batches, .resumes]
    #expect(try Conformance.violations(of: BrokenOthers.Clock(), except: excused) == [])
  }

  @Test func whatTheMachineSaysMayDiffer() throws {
    #expect(try Conformance.violations(of: BrokenOthers.MachineClock()) == [])
  }

  @Test func weightsThatChangedAreComparedWithThoseThatMustNot() throws {
    let violations = try Conformance.violations(of: BrokenTrainings.Worse(), except: [.lowersLoss])
    {
      $0.role == .down
    }
    #expect(violations.map(\.promise) == [.frozen])
    #expect(violations.first?.message.contains("block 2 down, which is frozen") == true)
    #expect(violations.first?.description.hasPrefix("frozen: ") == true)
  }
}
