import BillhookModels
@testable import BillhookEngine
import Testing

/// Where a context ends and an answer begins, in tokens.
@Suite struct QuestionWindowingTests {
  /// A token for each scalar, but for `ab`, which is 1000.
  private static func encode(_ text: String) -> [Int] {
    text.unicodeScalars.reduce(into: []) { tokens, scalar in
      if scalar == "b", tokens.last == 97 {
        tokens[tokens.count - 1] = 1000
      } else {
        tokens.append(Int(scalar.value))
      }
    }
  }

  private func window(_ context: String, _ answer: String) throws -> TokenWindow {
    let windowing = try QuestionWindowing(
      nil,
      beginning: TextBeginning(7, isAdded: false),
      end: nil,
      positions: 64,
      encode: Self.encode
    )
    let question = Question(.choice([.init(after: context, answer)], gold: 0), line: 1)
    return try windowing.tokens(of: [question]).windows[0]
  }

  /// lm-eval 0.4.13 (`lm_eval/api/model.py`, `_encode_pair`) puts the context's own tokens before what
  /// follows as many of both together.
  @Test func aTokenAcrossTheEndOfTheContextIsLost() throws {
    let found = try window("xa", "bc")
    #expect(found.tokens == [120, 97, 99] && found.firstTarget == 2)
    let apart = try window("xa", "cd")
    #expect(apart.tokens == [120, 97, 99, 100] && apart.firstTarget == 2)
  }

  @Test func spaceAtTheEndOfAContextIsOfTheAnswer() throws {
    let found = try window("x ", "y")
    #expect(found.tokens == [120, 32, 121] && found.firstTarget == 1)
    let empty = try window("", "y")
    #expect(empty.tokens == [7, 121] && empty.firstTarget == 1)
  }
}
