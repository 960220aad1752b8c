import BillhookPlugins
@testable import BillhookFiles
@testable import BillhookPipeline
import TestSupport
import Testing

/// Units that are named go without a criterion, and nothing is computed for it.
@Suite struct NamedUnitsTests {
  private func saved(_ clauses: String, unit: String = "block") throws -> (
    files: [String: [UInt8]], record: JSON, stages: [String]
  ) {
    try Fixture.withFolder { folder in
      let run = try TinyRun("prune \(unit) { \(clauses) }\nsave \"OUT\"", in: folder)
      let stages = try run.run().values.flatMap(\.self)
      var files: [String: [UInt8]] = [:]
      for name in try FileSystem.names(in: "\(folder)/out") {
        files[name] = try FileSystem.read("\(folder)/out/\(name)")
      }
      let removed = files.removeValue(forKey: "billhook.json")
      // The card says how, too.
      #expect(files.removeValue(forKey: "README.md") != nil)
      let record = try #require(removed)
      return (files, try JSON(parsing: record), stages.filter { !$0.hasPrefix("save") })
    }
  }

  @Test(arguments: [
    ("block", "[1, 2]"), ("mlp_channel", "[0, 56, 112, 168]"),
    ("attention_head", "[1, 3, 5, 6]"),
  ])
  func theSameIsSavedWithoutScores(unit: String, numbers: String) throws {
    let named = try saved("remove \(numbers)", unit: unit)
    let scored = try saved("by magnitude, remove \(numbers)", unit: unit)
    #expect(named.files == scored.files)
    #expect(named.stages.isEmpty)
    #expect(scored.stages == ["evidence for magnitude { p = 1, inside = sum, over = sum }"])
    let record = try #require(named.record["removed"]?.array?.first)
    #expect(record["unit"]?.string == unit)
    #expect(record["scores"] == nil && record["criterion"] == nil)
    #expect(record["amount"]?.string == "remove \(numbers)")
    let other = try #require(scored.record["removed"]?.array?.first)
    #expect(record["removed"] == other["removed"])
    #expect(other["criterion"] != nil)
  }

  @Test func aSecondRunFindsTheSave() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun("prune block { remove [2] }\nsave \"OUT\"", in: folder)
      #expect(try run.run()[2]?.count == 1)
      #expect(try run.run().isEmpty)
      #expect(try run.forecast().entries.map(\.outlook) == [.doneBefore, .doneBefore])
      #expect(try run.forecast().entries[0].removed == [2])
    }
  }

  @Test func repairsStillMeasure() throws {
    try Fixture.withFolder { folder in
      let recipe = """
        prune mlp_channel on windows { remove [0, 56, 112, 168], repair bias_compensation }
        evaluate perplexity on windows
        """
      let run = try TinyRun(recipe, in: folder)
      #expect(try run.forecast().entries[0].stages == ["repair bias_compensation"])
      _ = try run.run()
      // A repair is found again, unless its weights are not as it left them.
      #expect(try run.forecast().entries[0].outlook == .doneBefore)
      let products = "\(folder)/work/products"
      let name = try #require(try FileSystem.names(in: products).first)
      let file = "\(products)/\(name)/repaired.safetensors"
      var bytes = try FileSystem.read(file)
      bytes[bytes.count - 1] ^= 1
      try FileSystem.write(bytes, to: file)
      #expect(try run.forecast().entries[0].stages == ["repair bias_compensation"])
    }
  }
}
