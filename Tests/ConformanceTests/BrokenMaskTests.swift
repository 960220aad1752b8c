import BillhookConformance
import BillhookCore
import Testing

/// Masks that are not what was asked for are found, whoever spoils them.
@Suite struct BrokenMaskTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let plugin: any Plugin
    let promises: [Promise]
    /// What else the plugin breaks.
    let excused: Set<Promise>
    let says: String

    var testDescription: String { "\(type(of: plugin))" }

    init(
      _ plugin: any Plugin,
      _ promises: Promise...,
      excused: Set<Promise> = [],
      says: String
    ) {
      self.plugin = plugin
      self.promises = promises
      self.excused = excused
      self.says = says
    }
  }

  static let cases = [
    Case(BrokenMasks.OfNorms(), .declared, says: "it names attention_norm, and only projections"),
    Case(
      BrokenMasks.Wavering(),
      .counts,
      excused: [.deterministic, .batches],
      says: "are gone, where"
    ),
    Case(BrokenMasks.Filling(), .counts, .holdsMask, says: "0 weights of a row of block 0 query"),
    Case(
      BrokenMasks.Growing(),
      .deterministic,
      .batches,
      .unmoved,
      .reconstruction,
      says: "differ from one call to the next"
    ),
    Case(BrokenMasks.Backward(), .answers, says: "where those from 0 are next"),
    Case(
      BrokenMasks.Doubling(),
      .unmoved,
      .reconstruction,
      says: "key that loses nothing is changed by"
    ),
    Case(BrokenRefiners.Generous(), .counts, says: "keeps more or less of a row than before"),
    Case(BrokenRefiners.OutOfPattern(), .counts, says: "keeps more or less of 4 neighbours"),
    Case(BrokenRefiners.AcrossModules(), .counts, says: "weights of the MLP of block 0 are gone"),
    Case(
      BrokenRefiners.Reviving(),
      .holdsMask,
      says: "brings back weights that an earlier pruning removed"
    ),
  ]

  /// Runs that are stopped are tried elsewhere.
  @Test(arguments: cases)
  func isFound(broken: Case) throws {
    let excused = broken.excused.union([.resumes])
    let violations = try Conformance.violations(of: broken.plugin, except: excused)
    #expect(violations.map(\.promise) == broken.promises, "\(violations)")
    #expect(violations.first?.message.contains(broken.says) == true, "\(violations)")
  }

  /// A repair that serves single weights alone is tried in runs that are stopped as well.
  @Test func aRepairOfWeightsIsTriedInRuns() throws {
    let excused: Set<Promise> = [.deterministic, .batches, .unmoved, .reconstruction]
    let violations = try Conformance.violations(of: BrokenMasks.Growing(), except: excused)
    #expect(violations.map(\.promise) == [.resumes], "\(violations)")
  }
}
