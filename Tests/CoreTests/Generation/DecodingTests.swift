import BillhookModels
import BillhookTorch
import Testing
import TestSupport

@testable import BillhookCore

/// Token by token with kept keys and values gives what a full pass gives.
@Suite struct DecodingTests {
  @Test(arguments: Golden.names)
  func eachStepEqualsAFullPass(name: String) throws {
    let golden = try Golden(name)
    let text = golden.tokens.windows[0].tokens
    let decoding = try Decoding(golden.model, .testing(), texts: [[text[0]]], capacity: 3)
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
    let decoding = try Decoding(golden.model, .testing(), texts: texts, capacity: 20)
    for step in 0..<6 {
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

  @Test func closedBlocksAreLeftOut() throws {
    var model = try Golden("gemma2").model
    model.gates.closedBlocks = [0, 2]
    let text = [1, 5, 9, 3, 7, 2, 8]
    let cut = try model.removingBlocks([0, 2])
    let decoding = try Decoding(model, .testing(), texts: [text], capacity: 8)
    let found = try decoding.nextLogits().doubles()
    #expect(differenceToScale(found, try Self.lastLogits(cut, text).doubles()) < 1e-6)
  }

  /// Blocks of different widths keep keys of different numbers of heads, and some keep none.
  @Test(arguments: Golden.names)
  func whatIsSwitchedOffOrGoneIsLeftOut(name: String) throws {
    let golden = try Golden(name)
    let text = golden.tokens.windows[0].tokens
    for narrow in try NarrowCase.all(of: name) {
      var gated = golden.model
      gated.gates = narrow.gates
      for model in [gated, try golden.model.removing(narrow.gates)] {
        let decoding = try Decoding(model, .testing(), texts: [Array(text[..<4])], capacity: 5)
        for end in 4..<text.count {
          let full = try Self.lastLogits(model, Array(text[..<end]))
          let step = try decoding.nextLogits()
          #expect(differenceToScale(try step.doubles(), try full.doubles()) < 1e-5, "\(end)")
          decoding.append([text[end]])
        }
      }
    }
  }

  private static func lastLogits(_ model: LanguageModel, _ text: [Int]) throws -> Tensor {
    let logits = try Traversal(model, .testing()).logits(of: [text])
    return try logits.narrowed(1, to: text.count - 1..<text.count).reshaped([-1])
  }
}
