import BillhookCore
import Testing

/// Repetition by hand.
@Suite struct TextSampleTests {
  private func sample(_ tokens: [Int]) -> TextSample {
    TextSample(prompt: "", answer: "", tokens: tokens, isEnded: false)
  }

  @Test func countsRepeatedNeighbours() {
    // Four 4-grams: 1212, 2121, 1212, 2121; two are different.
    #expect(sample([1, 2, 1, 2, 1, 2, 1]).repetition(ofNeighbours: 4) == 0.5)
    #expect(sample([1, 2, 3, 4, 5]).repetition(ofNeighbours: 4) == 0)
    let different: Double = 1 / 3
    #expect(sample([7, 7, 7, 7, 7, 7]).repetition(ofNeighbours: 4) == 1 - different)
    #expect(sample([1, 2, 3]).repetition(ofNeighbours: 4) == nil)
    #expect(sample([1, 1]).repetition(ofNeighbours: 0) == nil)
  }
}
