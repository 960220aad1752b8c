import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Testing
import TestSupport

/// Token by token with kept keys and values gives what a full pass gives.
@Suite struct DecodingTests {
  @Test(arguments: Golden.names)
  func eachStepEqualsAFullPass(name: String) throws {
    let golden = try Golden(name)
    let text = golden.tokens.windows[0].tokens
    let decoding = try Self.decoding(golden.model, texts: [[text[0]]], capacity: 3)
    for end in 1..<text.count {
      let full = try Self.lastLogits(golden.model, Array(text[..<end]))
      let step = try decoding.nextLogits()
      #expect(differenceToScale(try step.doubles(), try full.doubles()) < 1e-5, "token \(end)")
      decoding.append([text[end]])
    }
  }

  /// The first pass takes several tokens at once, and the texts are of different lengths.
  @Test(arguments: Golden.names)
  func textsInABatchAreAsTheyAreAlone(name: String) throws {
    let golden = try Golden(name)
    var texts = golden.tokens.windows.enumerated().map { Array($1.tokens.prefix(6 - 2 * ($0 % 3))) }
    let decoding = try Self.decoding(golden.model, texts: texts, capacity: 20)
    for step in 0..<3 {
      let logits = try decoding.nextLogits()
      for (row, text) in texts.enumerated() {
        let alone = try Self.lastLogits(golden.model, text).doubles()
        let found = try logits.narrowed(0, to: row..<row + 1).doubles()
        #expect(differenceToScale(found, alone) < 1e-5, "text \(row), step \(step)")
      }
      let next = golden.tokens.windows.map { $0.tokens[6 + step] }
      decoding.append(next)
      for row in texts.indices { texts[row].append(next[row]) }
    }
  }

  /// In 16 bits, where matrices are copied into another layout and keys are kept in f32; texts of
  /// different lengths in a batch, and one alone.
  @Test(arguments: Golden.names, [DType.bfloat16, .float16])
  func shortTypesGiveWhatAFullPassGives(name: String, dtype: DType) throws {
    let golden = try Golden(name)
    let context = RunContext(dtype: dtype, scratch: "")
    for count in [1, 3] {
      let windows = golden.tokens.windows.prefix(count).map(\.tokens)
      var texts = windows.enumerated().map { Array($1.prefix(6 - 2 * $0)) }
      let weights = try DecodingWeights(golden.model, context)
      let decoding = Decoding(weights, texts: texts, capacity: 8)
      for step in 0..<3 {
        let logits = try decoding.nextLogits()
        #expect(logits.dtype == .float32)
        for (row, text) in texts.enumerated() {
          let full = try Self.lastLogits(golden.model, text, context).doubles()
          let found = try logits.narrowed(0, to: row..<row + 1).doubles()
          #expect(differenceToScale(found, full) < 0.05, "text \(row), step \(step)")
        }
        let next = windows.map { $0[6 + step] }
        decoding.append(next)
        for row in texts.indices { texts[row].append(next[row]) }
      }
    }
  }

  @Test func weightsAreCounted() throws {
    let model = try Golden("llama-tied-biases").model
    let plain = try DecodingWeights(model, .testing())
    #expect(plain.byteCount == 4 * model.parameterCount)
    let short = try DecodingWeights(model, RunContext(dtype: .bfloat16, scratch: ""))
    // The table at the exit is a copy where libtorch takes one.
    let configuration = model.configuration
    let table = configuration.vocabularySize * configuration.hiddenSize
    let isCopied = try Tensor.zeros([2, 2], dtype: .bfloat16).isPackable
    #expect(short.byteCount == 2 * (model.parameterCount + (isCopied ? table : 0)))
  }

  @Test func closedBlocksAreLeftOut() throws {
    var model = try Golden("gemma2").model
    model.gates.closedBlocks = [0, 2]
    let text = [1, 5, 9, 3, 7, 2, 8]
    let cut = try model.removingBlocks([0, 2])
    let decoding = try Self.decoding(model, texts: [text], capacity: 8)
    let found = try decoding.nextLogits().doubles()
    #expect(differenceToScale(found, try Self.lastLogits(cut, text).doubles()) < 1e-6)
  }

  /// Blocks of different widths keep keys of different numbers of heads, and some keep none.
  ///
  /// In f32 these little models are up to 2e-5 of their scale off what they are in f64; logits are
  /// given in f32, and some norms are computed in it.
  @Test(arguments: Golden.names, [(DType.float32, 3e-5), (.float64, 1e-6)])
  func whatIsSwitchedOffOrGoneIsLeftOut(name: String, type: (DType, Double)) throws {
    let golden = try Golden(name)
    let context = RunContext(dtype: type.0, scratch: "")
    let text = golden.tokens.windows[0].tokens
    for narrow in try NarrowCase.all(of: name) {
      var gated = golden.model
      gated.gates = narrow.gates
      for model in [gated, try golden.model.removing(narrow.gates)] {
        let weights = try DecodingWeights(model, context)
        let decoding = Decoding(weights, texts: [Array(text[..<4])], capacity: 5)
        // The last of these steps has more keys than there was room for at first.
        for end in 4..<7 {
          let full = try Self.lastLogits(model, Array(text[..<end]), context)
          let step = try decoding.nextLogits()
          let difference = differenceToScale(try step.doubles(), try full.doubles())
          #expect(difference < type.1, "token \(end)")
          decoding.append([text[end]])
        }
      }
    }
  }

  private static func decoding(
    _ model: LanguageModel,
    texts: [[Int]],
    capacity: Int
  ) throws -> Decoding {
    Decoding(try DecodingWeights(model, .testing()), texts: texts, capacity: capacity)
  }

  private static func lastLogits(
    _ model: LanguageModel,
    _ text: [Int],
    _ context: RunContext = .testing()
  ) throws -> Tensor {
    let logits = try Traversal(model, context).logits(of: [text])
    return try logits.narrowed(1, to: text.count - 1..<text.count).reshaped([-1])
  }
}
