import BillhookCore
@testable import BillhookEngine
@testable import BillhookModels
import BillhookTorch
import Testing
import TestSupport

/// The loss of each window is that of the window alone.
@Suite struct WindowLossTests {
  private static let windows = [
    TokenWindow([5, 6, 7, 8, 9, 10, 11], firstTarget: 4), TokenWindow([3, 4], firstTarget: 1),
    TokenWindow([5, 6, 7, 8, 9, 10, 12], firstTarget: 6),
    TokenWindow([5, 6, 7, 8, 9, 10, 13], firstTarget: 6),
    TokenWindow([20, 21, 22, 23], firstTarget: 2),
    TokenWindow([5, 6, 7, 8, 9, 10, 11], firstTarget: 4),
  ]

  @Test(arguments: ["llama-gqa", "gemma2", "llama-dynamic", "phi3-longrope"], [1, 16, 1024])
  func isThatOfTheWindowAlone(name: String, tokensAtOnce: Int) throws {
    let model = try LanguageModel(opening: Fixture.path("models/\(name)"))
    var context = RunContext.testing()
    context.tokensAtOnce = tokensAtOnce
    let found = try Traversal(model, context).losses(ofEach: TokenSet(Self.windows, note: ""))
    #expect(found.count == Self.windows.count)
    for (window, loss) in zip(Self.windows, found) {
      // Rotary embeddings may depend on the length, and the last token is not run.
      let logits = try Traversal(model, .testing()).logits(of: [Array(window.tokens.dropLast())])
      let rows = try logits.reshaped([window.tokens.count - 1, -1]).to(.float32)
      let places = try Tensor(Array(window.firstTarget - 1..<window.tokens.count - 1))
      let targets = try Tensor(Array(window.tokens[window.firstTarget...]))
      let alone = try rows.selecting(0, places).crossEntropy(targets).doubles().reduce(0, +)
      #expect(loss.count == window.targetCount)
      #expect(abs(loss.sum - alone) < 1e-4 * max(1, alone))
    }
    #expect(found[0] == found[5])
  }

  @Test func memoryChangesNoBit() throws {
    let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
    let many = TokenSet(
      (0..<40).flatMap { _ in Self.windows }.enumerated().map { number, window in
        TokenWindow([number % 50 + 3] + window.tokens, firstTarget: window.firstTarget)
      },
      note: ""
    )
    var small = RunContext(memory: 1, scratch: "")
    small.tokensAtOnce = 16
    var large = RunContext.testing()
    large.tokensAtOnce = 16
    let expected = try Traversal(model, large).losses(ofEach: many)
    #expect(try Traversal(model, small).losses(ofEach: many) == expected)
  }
}
