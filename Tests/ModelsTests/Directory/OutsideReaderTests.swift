@testable import BillhookModels
@testable import BillhookFiles
import Testing
import TestSupport

/// What other programs than transformers make of saved models is said, and only where it is true.
@Suite struct OutsideReaderTests {
  private func open(_ name: String) throws -> LanguageModel {
    try LanguageModel(opening: Fixture.path("models/\(name)"))
  }

  private func withoutHeads(_ name: String) throws -> LanguageModel {
    let model = try open(name)
    var gates = Gates()
    for block in model.blocks { gates.close(heads: [0, 1], ofBlock: block.sourceIndex) }
    return try model.removing(gates)
  }

  @Test(arguments: Golden.names)
  func aModelAsItWasGoesEverywhere(name: String) throws {
    let model = try open(name)
    // Some samples have heads that no hidden size divides, as published models of these do not.
    let attention = try #require(model.blocks[0].attention)
    let isPlain = attention.headSize * attention.queryHeads == model.configuration.hiddenSize
    let cautions = model.cautions(savedAs: .family)
    #expect(cautions.isEmpty || !isPlain, "\(cautions)")
    #expect(model.cautions(savedAs: .custom).isEmpty)
  }

  @Test func headsThatAreCountedForTheHeadSize() throws {
    #expect(
      try withoutHeads("qwen2").cautions(savedAs: .family) == [
        SavingProblem(
          "llama.cpp, MLX and older vLLM take the head size of a Qwen2ForCausalLM from the hidden "
            + "size, 16 by 2 heads, and not from `head_dim`, 4, so they cannot load the saved model",
          .allHeads(4)
        )
      ]
    )
    #expect(
      try withoutHeads("phi3").cautions(savedAs: .family)[0].reason.hasPrefix(
        "llama.cpp and MLX take the head size of a Phi3ForCausalLM"
      )
    )
    for name in ["llama-linear", "mistral", "qwen3", "gemma2", "gemma3"] {
      #expect(try withoutHeads(name).cautions(savedAs: .family) == [])
    }
    #expect(try withoutHeads("qwen2").cautions(savedAs: .custom) == [])
  }

  /// Blocks of 7 that go from Gemma 3, the sixth of which sees everything, and who gets it wrong.
  static let removed: [(blocks: Set<Int>, readers: String?, pattern: Int?)] = [
    ([6], nil, 6), ([5, 6], nil, nil), ([0, 1, 2, 3, 4, 5], nil, nil),
    ([2], "llama.cpp, where", 5), ([0, 1], "llama.cpp, where", 4),
    ([5], "llama.cpp, MLX and older vLLM, where", nil),
    ([0, 6], "llama.cpp, where", 5),
  ]

  @Test(arguments: removed.indices)
  func windowsThatAreCountedOff(index: Int) throws {
    let (blocks, readers, pattern) = Self.removed[index]
    let model = try open("gemma3").removingBlocks(blocks)
    let cautions = model.cautions(savedAs: .family)
    #expect(cautions.count == (readers == nil ? 0 : 1))
    if let readers {
      #expect(cautions.first?.reason.contains("is a different model in \(readers)") == true)
    }
    // Who reads the key is told the pattern that is left.
    let text = try saved(model, from: "gemma3", pattern: 6)
    #expect(text["sliding_window_pattern"]?.int == pattern ?? 6)
    // Which blocks go is not known before the scores.
    let possible = model.cautions(savedAs: .family, isCertain: false)
    #expect(
      possible.count == 1
        && possible[0].reason.contains("may, depending on which blocks go, be a different model")
    )
  }

  @Test func everyOtherBlockOfGemma2() throws {
    let model = try open("gemma2")
    #expect(try model.removingBlocks([0, 1]).cautions(savedAs: .family) == [])
    #expect(try model.removingBlocks([2, 3]).cautions(savedAs: .family) == [])
    #expect(try model.removingBlocks([3]).cautions(savedAs: .family) == [])
    let caution = try model.removingBlocks([1]).cautions(savedAs: .family)
    #expect(caution.count == 1)
    #expect(
      caution.first?.reason.contains("is a different model in llama.cpp and older vLLM, where")
        == true
    )
    #expect(caution.first?.remedies == [.wholePeriods(of: 2, such: 2...3, orAllAfter: 3)])
    // Its window is in use in some blocks of these, but nobody counts them off.
    #expect(try open("qwen2-window").removingBlocks([1]).cautions(savedAs: .family) == [])
  }

  /// A GGUF file lists which blocks have windows, which not every version of llama.cpp reads.
  @Test func windowsThatAFileLists() throws {
    let model = try open("gemma3")
    #expect(model.listedWindowsCaution(isCertain: true) == nil)
    let cut = try model.removingBlocks([5])
    let caution = try #require(cut.listedWindowsCaution(isCertain: true))
    #expect(
      caution.reason.contains(
        "is a different model in versions of llama.cpp that count blocks, where a block's number, not "
          + "the file's list, decides"
      )
    )
    #expect(try open("gemma2").removingBlocks([0, 1]).listedWindowsCaution(isCertain: true) == nil)
  }

  /// llama.cpp has rotary positions in all but every fourth block, and the sample has not.
  @Test func rotaryPositionsThatAreCountedOff() throws {
    let cautions = try open("smollm3").removingBlocks([0]).cautions(savedAs: .family)
    #expect(cautions.count == 1)
    #expect(
      cautions.first?.reason
        == "the saved SmolLM3ForCausalLM is a different model in llama.cpp, where a block's number, "
        + "not `no_rope_layers`, decides whether it applies rotary embedding (all but one of 4)"
    )
    // Three with rotary positions and one without are left: 0, 2, 3 and 4.
    #expect(try open("smollm3").removingBlocks([1]).cautions(savedAs: .family) == [])
    #expect(
      try open("exaone4").removingBlocks([0]).cautions(savedAs: .family).first?.reason
        .contains("is a different model in older llama.cpp and MLX, where") == true
    )
  }

  /// The configuration of a saved model whose source had the key.
  private func saved(_ model: LanguageModel, from name: String, pattern: Int) throws -> JSON {
    try ModelCopy.with(name) { copy in
      try copy.configure { $0.set("sliding_window_pattern", to: .number(JSONNumber(pattern))) }
      let gone = Set(model.opened.blocks.map(\.sourceIndex))
        .subtracting(model.blocks.map(\.sourceIndex))
      let path = "\(copy.path)/saved"
      try FileSystem.makeDirectory(path)
      try ModelWriter(copy.open().removingBlocks(gone), dtype: nil, shardLimit: .max)
        .write(into: path)
      #expect(try LanguageModel(opening: path).configuration.computesLike(model.configuration))
      return try JSON(parsing: FileSystem.read("\(path)/config.json"))
    }
  }
}
