import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Testing
import TestSupport

@Suite struct TextGenerationTests {
  private func model() throws -> LanguageModel { try Golden("mistral-window").model }

  private func greedy(_ prompt: [Int], _ count: Int) throws -> [Int] {
    var text = prompt
    for _ in 0..<count {
      let logits = try Traversal(model(), .testing()).logits(of: [text])
      let last = try logits.narrowed(1, to: text.count - 1..<text.count).reshaped([-1])
      text.append(Int(try last.argmax(0).scalar()))
    }
    return Array(text[prompt.count...])
  }

  @Test func greedyTakesTheLikeliestOfEachFullPass() throws {
    var generation = TextGeneration()
    generation.maximumTokens = 12
    let found = try generation.tokens(after: [[1, 4], [1]], by: model(), .testing())
    #expect(try found == [greedy([1, 4], 12), greedy([1], 12)])
  }

  @Test func aTextEndsAtAnEndTokenAndTheOthersGoOn() throws {
    let texts = try [greedy([1, 4], 10), greedy([1], 10)]
    var generation = TextGeneration()
    generation.maximumTokens = 10
    generation.endTokens = [texts[0][4]]
    let found = try generation.tokens(after: [[1, 4], [1]], by: model(), .testing())
    for (found, whole) in zip(found, texts) {
      let end = whole.firstIndex(of: texts[0][4]) ?? whole.count
      #expect(found == Array(whole[..<end]))
    }
    #expect(found[0].count <= 4)
  }

  @Test func noTextEndsBeforeTheMinimum() throws {
    let first = try greedy([1, 4], 1)[0]
    var generation = TextGeneration()
    generation.maximumTokens = 6
    generation.endTokens = [first]
    #expect(try generation.tokens(after: [[1, 4]], by: model(), .testing()) == [[]])
    generation.minimumTokens = 3
    let found = try generation.tokens(after: [[1, 4]], by: model(), .testing())[0]
    #expect(found.count >= 3)
    #expect(!found.contains(first))
  }

  @Test func aSeedGivesTheSameTextAloneAndInABatch() throws {
    var generation = TextGeneration()
    generation.maximumTokens = 16
    generation.sampling = Sampling(temperature: 1.5, topK: 20, topP: 0.95)
    generation.seed = 7
    let alone = try generation.tokens(after: [[1, 4, 9]], by: model(), .testing())
    let batch = try generation.tokens(after: [[1, 4, 9], [1]], by: model(), .testing())
    #expect(batch[0] == alone[0])
    generation.seed = 8
    #expect(try generation.tokens(after: [[1, 4, 9]], by: model(), .testing()) != alone)
  }

  @Test func promptsThatCannotBeAreRefused() throws {
    let generation = TextGeneration()
    #expect(throws: DataError.self) {
      try generation.tokens(after: [[1], []], by: model(), .testing())
    }
    #expect(throws: DataError.self) {
      try generation.tokens(after: [[1, 37]], by: model(), .testing())
    }
  }

  @Test func itStopsWhenAsked() throws {
    let context = RunContext(scratch: "", isCancelled: { true })
    #expect(throws: Cancelled.self) {
      try TextGeneration().tokens(after: [[1]], by: model(), context)
    }
  }
}
