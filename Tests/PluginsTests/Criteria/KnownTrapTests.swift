import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Testing
import TestSupport

/// Mistakes of published code that are not made here.
@Suite struct KnownTrapTests {
  /// LLM-Pruner adds query heads 0, 2, … to KV head 0, and then cuts heads 0 and 1.
  @Test func theScoreOfAGroupIsThatOfTheHeadsThatAreCut() throws {
    for name in ["llama-gqa", "qwen2", "phi3", "gemma2"] {
      let golden = try Golden(name)
      let groups = AttentionHead().units(of: golden.model)
      for group in [groups[1].unit(0), groups[2].unit(1)] {
        // Zeros in everything that a cut of the group would take.
        let cut = try AttentionHead().cutting([group], from: golden.model)
        let left = Set(cut.queryHeads(ofBlock: group.block))
        let shape = try #require(golden.model.blocks[group.block].attention)
        let (size, perGroup) = (shape.headSize, shape.queryHeads / shape.keyValueHeads)
        func mask(_ heads: Int, _ isKept: (Int) -> Bool) throws -> Tensor {
          try Tensor((0..<heads * size).map { isKept($0 / size) ? 1 : 0 as Float })
        }
        let queries = try mask(shape.queryHeads) { left.contains($0) }
        let keys = try mask(shape.keyValueHeads) { left.contains($0 * perGroup) }
        var new: [WeightID: Tensor] = [:]
        for (role, kept) in [(WeightRole.query, queries), (.key, keys), (.value, keys)] {
          let id = WeightID(role, block: group.block)
          new[id] = try golden.model.weights.stored(id).to(.float32) * kept.unsqueezed(1)
        }
        let output = WeightID(.output, block: group.block)
        new[output] = try golden.model.weights.stored(output).to(.float32) * queries
        try Fixture.withFolder { folder in
          let zeroed = try golden.model.editing(new, at: "\(folder)/zeros.safetensors")
          for criterion in [Magnitude(), Taylor()] as [any Criterion] {
            let scores = try Scoring(zeroed, [AttentionHead()], .testing())
              .scored(by: criterion, on: golden.tokens)
            let zeros = zip(scores.units, scores.values).filter { $0.1 == 0 }.map(\.0.number)
            #expect(zeros == [group.number], "\(name)")
          }
          let windows = [golden.tokens.windows[0].tokens]
          let expected = try Traversal(zeroed, .testing()).logits(of: windows).doubles()
          let found = try Traversal(
            AttentionHead().cutting([group], from: zeroed),
            .testing()
          ).logits(of: windows).doubles()
          #expect(differenceToScale(found, expected) < 1e-5)
        }
      }
    }
  }

  /// ShortGPT's unofficial code measures the last block after the final norm.
  @Test func theFinalNormHasNoSayInHiddenStates() throws {
    let golden = try Golden("llama-gqa")
    let norm = WeightID(.finalNorm)
    let hidden = golden.model.configuration.hiddenSize
    try Fixture.withFolder { folder in
      let other = try golden.model.editing(
        [norm: Tensor((0..<hidden).map { Float($0 % 3) - 1 })],
        at: "\(folder)/norm.safetensors"
      )
      for criterion in [BlockInfluence(), AngularDistance()] as [any Criterion] {
        let scores = try [golden.model, other].map {
          try Scoring($0, [Block()], .testing()).scored(by: criterion, on: golden.tokens)
        }
        #expect(scores[0] == scores[1])
      }
    }
  }

  /// PruneMe's arccos has no bounds; two equal states may have a cosine a little over 1.
  @Test func equalStatesHaveNoAngle() throws {
    let states = try Tensor((1...48).map { Float($0) * 0.1 }, shape: [2, 1, 24])
    let places = try Tensor.joined([states, states * 3, -states], along: 1)
    let found = try AngularDistance.angles(places)
    #expect(found.map(\.count) == [2, 1])
    #expect(abs(found[0][0]) < 1e-7)
    #expect(abs(found[0][1] - 2) < 1e-7)
    let withZeros = try Tensor.joined([states, Tensor.zeros([2, 1, 24])], along: 1)
    #expect(try AngularDistance.angles(withZeros) == [[1]])
  }

  /// Standardising divides by the deviation, which may be zero.
  @Test func inputsThatAreAllAlikeAreAnErrorAndNoNumber() throws {
    let golden = try Golden("llama-gqa")
    try Fixture.withFolder { folder in
      let zeros = try golden.model.editing(
        [WeightID(.value, block: 1): Tensor.zeros([24, 32])],
        at: "\(folder)/zeros.safetensors"
      )
      let error = #expect(throws: PluginError.self) {
        try Scoring(zeros, [AttentionHead()], .testing()).scored(by: Flap(), on: golden.tokens)
      }
      #expect(error?.plugin == "criterion `flap`" && error?.place == "block 1 output")
    }
  }
}
