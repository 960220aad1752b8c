import BillhookCore
import BillhookModels
import BillhookTorch
import Testing
import TestSupport

/// The forward and backward pass beside transformers; see Scripts/golden_models.py.
@Suite struct TraversalGoldenTests {
  @Test(arguments: Golden.names)
  func logitsEqualTransformers(name: String) throws {
    let golden = try Golden(name)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let logits = try Traversal(golden.model, .testing()).logits(of: windows).doubles()
    let scale = golden.logits.map(abs).max() ?? 0
    #expect(logits.count == golden.logits.count)
    let worst = zip(logits, golden.logits).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= 1e-4 * scale)
  }

  @Test(arguments: Golden.names)
  func lossEqualsTransformers(name: String) throws {
    let golden = try Golden(name)
    let loss = try Traversal(golden.model, .testing()).loss(on: golden.tokens)
    #expect(loss.count == 3 * 12 + 8)
    #expect(relativeDifference([loss.mean], [golden.loss]) < 1e-5)
  }
}
