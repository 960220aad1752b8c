import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Scores of every unit by every criterion that is for it, beside an independent computation; see
/// Scripts/unit_reference.py and Scripts/golden_units.py.
@Suite struct UnitGoldenTests {
  static let names = ["llama-gqa", "llama-tied-biases", "qwen2-window", "qwen3", "gemma2", "phi3"]

  static let units: [String: any PruningUnit] = {
    var queryHead = AttentionHead()
    queryHead.headGranularity = .queryHead
    return [
      "block": Block(), "attention": AttentionSublayer(), "mlp": MLPSublayer(),
      "attention_head": AttentionHead(), "query_head": queryHead, "mlp_channel": MLPChannel(),
    ]
  }()

  static let criteria: [String: any Criterion] = {
    func taylor(_ order: Taylor.Order, _ reduce: Taylor.Reduction = .element) -> Taylor {
      var criterion = Taylor()
      criterion.order = order
      criterion.reduce = reduce
      return criterion
    }
    func flap(_ metric: Flap.Metric) -> Flap {
      var criterion = Flap()
      criterion.metric = metric
      return criterion
    }
    var squared = Magnitude()
    squared.p = 2
    return [
      "magnitude1": Magnitude(), "magnitude2": squared, "taylor_first": taylor(.first),
      "taylor_vector": taylor(.first, .vector), "taylor_second": taylor(.second),
      "taylor_mixed": taylor(.mixed), "ppl": RemovalPerplexity(), "wanda_sp": WandaSp(),
      "flap_wifv": flap(.wifv), "flap_ifv": flap(.ifv), "flap_wifn": flap(.wifn),
      "block_influence": BlockInfluence(),
    ]
  }()

  private struct File: Decodable {
    let scores: [String: [String: [Double]]]
    let spans: [[Double]]
  }

  private static func golden(_ name: String) throws -> File {
    let path = Fixture.path("models/\(name)/units.json")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(filePath: path)))
  }

  @Test(arguments: names)
  func scoresEqualPyTorch(name: String) throws {
    let golden = try Golden(name)
    let file = try Self.golden(name)
    #expect(file.scores.count == Self.units.count)
    for (unitName, expected) in file.scores {
      let unit = try #require(Self.units[unitName])
      let suited = Self.criteria.filter { $0.value.granularities.contains(unit.granularity) }.keys
      // The perplexity without a block stands in golden.json.
      let known = Set(expected.keys).union(unit.granularity == .block ? ["ppl"] : [])
      #expect(known == Set(suited))
      for (key, values) in expected {
        let criterion = try #require(Self.criteria[key])
        let found = try Scoring(golden.model, [unit], .testing())
          .scored(by: criterion, on: golden.tokens).values
        // Standardised scores lie around zero.
        let difference =
          criterion is Flap
          ? differenceToScale(found, values) : relativeDifference(found, values)
        #expect(difference < 1e-4, "\(key) of \(unitName)")
      }
    }
  }

  @Test(arguments: names)
  func spansEqualPyTorch(name: String) throws {
    let golden = try Golden(name)
    let expected = try Self.golden(name).spans
    let found = try Scoring(golden.model, [Block()], .testing())
      .scored(by: AngularDistance(), on: golden.tokens)
    let spans = try #require(found.spans).rows
    #expect(spans.map(\.count) == expected.map(\.count))
    #expect(relativeDifference(Array(spans.joined()), Array(expected.joined())) < 1e-4)
    #expect(found.values == spans.map(\.[0]))
  }

  /// One traversal for several kinds of units gives what each gives alone.
  @Test func kindsThatAreScoredTogetherAreAsTheyAreAlone() throws {
    let golden = try Golden("llama-gqa")
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    for criterion in [Taylor(), Flap(), Magnitude()] as [any Criterion] {
      let scoring = Scoring(golden.model, units, .testing())
      let together = try scoring.scores(
        by: criterion,
        from: scoring.measure(for: criterion, on: golden.tokens)
      )
      let alone = try units.map {
        try Scoring(golden.model, [$0], .testing()).scored(by: criterion, on: golden.tokens)
      }
      #expect(together == alone)
    }
  }
}
