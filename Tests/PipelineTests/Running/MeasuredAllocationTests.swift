@testable import BillhookFiles
@testable import BillhookPipeline
import BillhookCore
import BillhookPlugins
import BillhookRecipe
import TestSupport
import Testing

/// Blocks lose units in proportion to something that was measured.
@Suite struct MeasuredAllocationTests {
  /// More goes from blocks that turn hidden states less: `scale` plus the mean cosine.
  private struct BySimilarity: ProportionalAllocation {
    static let name = "by_similarity"
    static let summary = "More goes from blocks that turn hidden states less."

    var scale = 0.5

    static let parameters = [
      Parameter<BySimilarity>("scale", \.scale, help: "what is added to the cosine")
    ]

    var evidence: [any Evidence] { [BlockSimilarity()] }

    func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double] {
      var shares = [Double](repeating: 0, count: count)
      for block in try statistics.blocks(of: BlockSimilarity()) {
        let cosine = try statistics.result(of: BlockSimilarity(), inBlock: block)
        shares[block] = max(0, scale + cosine.mean(around: .block))
      }
      return shares
    }
  }

  private func run(_ text: String, in folder: String) throws -> TinyRun {
    try FileSystem.makeDirectory(folder)
    return try TinyRun(text, in: folder, also: [BySimilarity.self])
  }

  private static let prune = """
    prune mlp_channel on windows { by wanda_sp, remove 20%, allocate by_similarity }
    """

  @Test func measuredSharesCutAsTheSameSharesWritten() throws {
    try Fixture.withFolder { folder in
      let scored = try run("score block on windows { by block_influence }", in: "\(folder)/scored")
      let influence = try #require(try scored.report().scores.first?.values)
      #expect(Set(influence).count == 4)
      // The influence is 1 less the cosine.
      let shares = influence.map { 0.5 + (1 - $0) }
      let written = try run(
        "prune mlp_channel on windows { by wanda_sp, remove 20%, allocate per_block \(shares) }",
        in: "\(folder)/written"
      )
      let expected = try #require(try written.report().removals.first?.removed["mlp_channel"])
      let measured = try run(Self.prune, in: "\(folder)/measured").report()
      #expect(measured.removals.first?.removed["mlp_channel"] == expected)
      #expect(expected.count == 45)
      // Not what each block loses alike.
      #expect(Set(Dictionary(grouping: expected) { $0 / 56 }.map(\.value.count)).count > 1)
    }
  }

  @Test func sharesAreFoundAgain() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.prune, in: folder)
      #expect(
        try first.forecast().entries[0].stages == [
          "shares by by_similarity { scale = 0.5 }", "evidence for wanda_sp",
        ]
      )
      #expect(try first.run()[1]?.count == 2)
      #expect(try first.forecast().entries[0].outlook == .doneBefore)
      // Another amount has the same shares and the same scores.
      let more = try run(Self.prune.replacing("20%", with: "30%"), in: folder)
      #expect(try more.run().isEmpty)
      // Other settings are other shares, by the same scores.
      let other = try run(
        Self.prune.replacing("by_similarity", with: "by_similarity { scale = 0.75 }"),
        in: folder
      )
      #expect(try other.forecast().entries[0].outlook == .ahead)
      #expect(try other.run()[1] == ["shares by by_similarity { scale = 0.75 }"])
    }
  }

  /// Shares are of the model before anything goes, so rounds do not measure them again.
  @Test func roundsShareWhatWasMeasuredOnce() throws {
    try Fixture.withFolder { folder in
      let text = Self.prune.replacing("20%", with: "20%, rescore every 15")
      let rounds = try run(text, in: folder)
      let stages = try #require(try rounds.run()[1])
      #expect(stages.count { $0.hasPrefix("shares") } == 1)
      #expect(stages.count { $0.hasPrefix("evidence") } > 1)
      #expect(try rounds.forecast().entries[0].outlook == .doneBefore)
    }
  }

  @Test func dataIsAskedForWhereItIsMeasured() throws {
    func complaints(_ text: String) throws -> [String] {
      try Fixture.withFolder { folder in
        do {
          _ = try run(text, in: folder)
          return []
        } catch let error as WrongRecipe {
          return error.diagnostics.filter { $0.severity == .error }.map(\.message)
        }
      }
    }
    let clauses = "by magnitude, remove 20%, allocate"
    let lacking = try complaints("prune mlp_channel { \(clauses) by_similarity }")
    #expect(lacking.count == 1 && lacking[0].contains("`by_similarity` needs"), "\(lacking)")
    #expect(try complaints("prune mlp_channel { \(clauses) by_similarity on windows }") == [])
    #expect(try complaints("prune mlp_channel on windows { \(clauses) by_similarity }") == [])
    #expect(
      try complaints("prune mlp_channel { \(clauses) uniform on windows }")
        == ["`allocate` uses no data"]
    )
  }

  @Test func damagedSharesAreMeasuredAgain() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.prune, in: folder)
      _ = try first.run()
      let stages = "\(folder)/work/stages"
      for name in try FileSystem.names(in: stages) {
        let path = "\(stages)/\(name)"
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        guard text.contains("\"shares\"") else { continue }
        try FileSystem.write(Array(text.replacing("1.", with: "7.").utf8), to: path)
      }
      #expect(try first.run()[1] == ["shares by by_similarity { scale = 0.5 }"])
    }
  }
}
