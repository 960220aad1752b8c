import BillhookCore
import Testing
import TestSupport

/// The forward and backward pass beside transformers; see Scripts/golden_models.py.
@Suite struct TraversalGoldenTests {
  @Test(arguments: Golden.names)
  func logitsEqualTransformers(name: String) throws {
    let golden = try Golden(name)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let logits = try Traversal(golden.model, .testing()).logits(of: windows).doubles()
    #expect(differenceToScale(logits, golden.logits) < 1e-5)
  }

  @Test(arguments: Golden.names)
  func logitsOfACutModelEqualTransformers(name: String) throws {
    let golden = try Golden(name)
    let windows = golden.tokens.windows.prefix(2).map(\.tokens)
    let cut = try golden.model.removingBlocks(golden.cut.removed)
    let logits = try Traversal(cut, .testing()).logits(of: windows).doubles()
    #expect(differenceToScale(logits, golden.cut.logits) < 1e-5)
  }

  @Test(arguments: Golden.names)
  func lossEqualsTransformers(name: String) throws {
    let golden = try Golden(name)
    let loss = try Traversal(golden.model, .testing()).loss(on: golden.tokens)
    #expect(loss.count == golden.tokens.targetCount)
    #expect(relativeDifference([loss.mean], [golden.loss]) < 1e-5)
  }
}
