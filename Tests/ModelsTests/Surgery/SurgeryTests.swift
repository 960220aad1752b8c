import BillhookCore
import Testing
import TestSupport

/// Heads, channels and sub-layers that are switched off or gone; see Scripts/golden_widths.py.
@Suite struct SurgeryTests {
  private func logits(_ model: LanguageModel, _ golden: Golden) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [golden.tokens.windows[0].tokens]).doubles()
  }

  @Test(arguments: Golden.names)
  func gatedEqualsTransformersAndCut(name: String) throws {
    let golden = try Golden(name)
    for narrow in try NarrowCase.all(of: name) {
      var gated = golden.model
      gated.gates = narrow.gates
      let found = try logits(gated, golden)
      #expect(differenceToScale(found, narrow.logits) < 1e-4)
      let cut = try golden.model.removing(narrow.gates)
      #expect(differenceToScale(try logits(cut, golden), found) < 1e-5)
      #expect(cut.parameterCount < golden.model.parameterCount)
      for (id, shape) in cut.configuration.allWeights {
        #expect(try cut.weights.stored(id).shape == shape)
      }
    }
  }

  @Test(arguments: Golden.names)
  func onePartAfterAnotherIsAllAtOnce(name: String) throws {
    let golden = try Golden(name)
    for narrow in try NarrowCase.all(of: name) {
      var steps: [Gates] = []
      for (block, heads) in narrow.gates.closedHeads {
        var gates = Gates()
        gates.close(heads: heads, ofBlock: block)
        steps.append(gates)
      }
      for (block, channels) in narrow.gates.closedChannels {
        for part in [channels.filter { $0 % 2 == 0 }, channels.filter { $0 % 2 == 1 }] {
          var gates = Gates()
          gates.close(channels: part, ofBlock: block)
          if !part.isEmpty { steps.append(gates) }
        }
      }
      var sublayers = Gates()
      sublayers.closedAttentions = narrow.gates.closedAttentions
      sublayers.closedMLPs = narrow.gates.closedMLPs
      steps.append(sublayers)
      var cut = golden.model
      for step in steps { cut = try cut.removing(step) }
      let atOnce = try golden.model.removing(narrow.gates)
      #expect(cut.configuration.computesLike(atOnce.configuration))
      for (id, _) in atOnce.configuration.allWeights {
        #expect(try cut.weights.stored(id).equals(atOnce.weights.stored(id)), "\(id)")
      }
    }
  }

  @Test func changedWeightsAreCutToo() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      var first = Gates()
      first.close(channels: [1, 4], ofBlock: 1)
      let narrow = try golden.model.removing(first)
      let down = try narrow.weights.stored(WeightID(.down, block: 1))
      let changed = try narrow.editing(
        [WeightID(.down, block: 1): down * 2],
        at: "\(folder)/new.safetensors"
      )
      var second = Gates()
      second.close(channels: [0, 5], ofBlock: 1)
      let cut = try changed.removing(second).removingBlocks([0])
      let kept = (0..<56).filter { ![0, 1, 4, 5].contains($0) }
      let expected =
        try golden.model.weights.stored(WeightID(.down, block: 1))
        .selecting(1, Tensor(kept)) * 2
      #expect(try cut.weights.stored(WeightID(.down, block: 1)).equals(expected))
      #expect(cut.channels(ofBlock: 1) == kept)
      #expect(throws: FileError.self) { try cut.removing(second) }
    }
  }

  /// Where queries and keys are normalised over all heads, heads depend on each other.
  @Test(arguments: ["olmo2", "olmo3"])
  func dependentHeadsStay(name: String) throws {
    var gates = Gates()
    gates.close(heads: [0, 1], ofBlock: 1)
    let error = #expect(throws: FileError.self) { try Golden(name).model.removing(gates) }
    #expect(error?.description.contains("block 1: queries and keys are normalised over") == true)
  }

  @Test func aBlockWithoutSubLayersIsGone() throws {
    let golden = try Golden("gemma2")
    var gates = Gates()
    gates.closedAttentions = [1, 2]
    gates.closedMLPs = [2]
    let cut = try golden.model.removing(gates)
    #expect(cut.blocks.map(\.sourceIndex) == [0, 1, 3])
    #expect(cut.blocks[1].attention == nil)
    var gated = golden.model
    gated.gates = gates
    #expect(differenceToScale(try logits(cut, golden), try logits(gated, golden)) < 1e-5)
  }

  @Test func gatesOfWhatIsGoneAreOpened() throws {
    var model = try Golden("llama-gqa").model
    model.gates.close(heads: [0, 1], ofBlock: 0)
    model.gates.close(channels: [7], ofBlock: 0)
    var gates = Gates()
    gates.close(heads: [0, 1], ofBlock: 0)
    let cut = try model.removing(gates)
    #expect(cut.gates.closedHeads.isEmpty)
    #expect(cut.gates.closedChannels == [0: [7]])
    #expect(cut.queryHeads(ofBlock: 0) == [2, 3])
  }

  @Test func whatNoDecoderComputesIsRefused() throws {
    let model = try Golden("llama-gqa").model
    func error(_ close: (inout Gates) -> Void) -> String {
      var gates = Gates()
      close(&gates)
      do {
        _ = try model.removing(gates)
        return "nothing"
      } catch { return error.description }
    }
    #expect(error { $0.close(heads: [0], ofBlock: 0) }.contains("left with 1 and 2 query heads"))
    #expect(error { $0.close(heads: 0..<4, ofBlock: 0) }.contains("without any head"))
    #expect(error { $0.close(channels: 0..<56, ofBlock: 0) }.contains("without any channel"))
    #expect(error { $0.close(heads: [4], ofBlock: 0) }.contains("no query head 4"))
    #expect(error { $0.close(channels: [60, 56], ofBlock: 0) }.contains("no channel 56, 60"))
    #expect(error { $0.closedMLPs = [4] }.contains("no MLP in block 4"))
    #expect(error { $0.closedBlocks = [0, 1, 2, 3] }.contains("without any block"))
  }

  /// Seed-OSS has one key for biases of query, key and value, and one for that of the output.
  @Test func addedBiasesOfSeedOSSAreNamed() throws {
    let golden = try Golden("seed-oss")
    let model = golden.model.addingBiases(toAttention: true, toMLP: true)
    #expect(model.obstacle(to: .family) == nil)
    try Fixture.withFolder { folder in
      try ModelWriter(model, dtype: nil, shardLimit: 1 << 30).write(into: folder)
      #expect(try JSON(contentsOf: "\(folder)/config.json")["attention_out_bias"] == true)
      let saved = try LanguageModel(opening: folder)
      #expect(saved.configuration.computesLike(model.configuration))
      #expect(try logits(saved, golden) == logits(golden.model, golden))
    }
  }
}
