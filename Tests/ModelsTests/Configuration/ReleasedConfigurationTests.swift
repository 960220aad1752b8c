import BillhookCore
import Testing
import TestSupport

/// Configurations as they were released, without weights; see Scripts/golden_released.py.
@Suite struct ReleasedConfigurationTests {
  static let counts: [(name: String, text: Int)] = {
    let json = try? JSON(contentsOf: Fixture.path("released/golden.json"))
    return (json?.members ?? []).compactMap { member in
      member.value["text"]?.int.map { (member.key, $0) }
    }
  }()

  private func model(_ name: String) throws -> LanguageModel {
    try LanguageModel(describing: Fixture.path("released/\(name).json"))
  }

  @Test func allAreThere() { #expect(Self.counts.count == 26) }

  @Test(arguments: counts.indices)
  func hasAsManyParametersAsInTransformers(index: Int) throws {
    let (name, count) = Self.counts[index]
    let model = try model(name)
    #expect(model.parameterCount == count)
    // SmolLM3 has the key from Qwen 2, and nothing reads it.
    #expect(model.remarks.allSatisfy { $0.contains("the key `max_window_layers` is ignored") })
    #expect(model.remarks.isEmpty || name == "SmolLM3-3B")
  }

  @Test func blocksWithoutRotaryPositions() throws {
    let smol = try model("SmolLM3-3B").blocks
    #expect(
      smol.filter { $0.attention?.rotary == nil }.map(\.sourceIndex) == [
        3, 7, 11, 15, 19, 23, 27, 31, 35,
      ]
    )
    let exaone = try model("EXAONE-4.0-32B").blocks
    for block in exaone {
      #expect((block.attention?.rotary == nil) == (block.sourceIndex % 4 == 3))
      #expect((block.attention?.window == nil) == (block.sourceIndex % 4 == 3))
    }
    let small = try model("EXAONE-4.0-1.2B").blocks
    #expect(small.allSatisfy { $0.attention?.rotary?.base == 1_000_000 })
  }

  /// Source: equation 22 of YaRN gives 0.1 · ln 8 + 1 = 1.2079441541679836.
  @Test func scaledPositionsWhereAllIsSeen() throws {
    let olmo = try model("Olmo-3-1025-7B").blocks.compactMap(\.attention)
    for (number, attention) in olmo.enumerated() {
      guard number % 4 == 3 else {
        #expect(attention.window == 4096)
        #expect(attention.rotary == RotaryDescription(base: 500_000))
        continue
      }
      guard case .yarn(let yarn) = attention.rotary?.scaling else {
        Issue.record("block \(number) has no yarn")
        continue
      }
      #expect(yarn.factor == 8 && yarn.length == 8192)
      #expect(yarn.attentionFactor == 1.2079441541679836)
    }
  }

  @Test func phi4MiniRotatesThreeQuarters() throws {
    let phi = try #require(try model("Phi-4-mini-instruct").blocks[0].attention)
    #expect(phi.rotary?.channels(of: phi.headSize) == 96)
    #expect(phi.window == 262_144)
    guard case .longrope(let short, _, let length, _) = phi.rotary?.scaling else {
      Issue.record("no longrope")
      return
    }
    #expect(short.count == 48 && length == 4096)
  }

  /// Published without what the class of the text model has by default.
  @Test func keysThatAreLeftOut() throws {
    let gemma = try model("gemma-3-4b-pt").configuration
    #expect(gemma.imageModel == "Gemma3ForConditionalGeneration")
    #expect(gemma.architecture == "Gemma3ForCausalLM")
    let attention = try #require(gemma.blocks[5].attention)
    #expect(attention.queryHeads == 8 && attention.keyValueHeads == 4 && attention.headSize == 256)
    #expect(attention.rotary == RotaryDescription(base: 1e6, scaling: .linear(factor: 8)))
    #expect(gemma.blocks[0].attention?.rotary == RotaryDescription(base: 10_000))
    #expect(gemma.beginningToken == 2)
    let ministral = try model("Ministral-3-8B-Base-2512").blocks[0].attention
    #expect(ministral?.queryScaling == QueryScaling(strength: 0.1, length: 16_384))
  }

  @Test func graniteHasItsFactors() throws {
    let granite = try model("granite-3.3-8b-base").configuration
    #expect(granite.embeddingScale == 12 && granite.residualScale == 0.22)
    #expect(granite.logitDivisor == 16)
    #expect(granite.blocks[0].attention?.scale == 0.0078125)
  }
}
