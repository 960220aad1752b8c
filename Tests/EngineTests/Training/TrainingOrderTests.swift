import BillhookModels
import Testing
import TestSupport

@testable import BillhookEngine

@Suite struct TrainingOrderTests {
  private let windows = (0..<10).map { TokenWindow([Int](repeating: $0, count: 3 + $0)) }

  private func settings(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.batch = 4
    change(&settings)
    return settings
  }

  private func first(_ windows: [TokenWindow]) -> [Int] { windows.map { $0.tokens[0] } }

  @Test func eachEpochUsesEveryWindowOnceInAnOrderOfItsOwn() throws {
    var order = try TrainingOrder(windows, settings { $0.epochs = 2 }, epochs: 1)
    #expect(order.stepCount == 6)
    let steps = try (0..<6).map { first(try order.windows(of: $0)) }
    #expect(steps.map(\.count) == [4, 4, 2, 4, 4, 2])
    let epochs = [steps[0...2].flatMap { $0 }, steps[3...5].flatMap { $0 }]
    #expect(epochs.allSatisfy { $0.sorted() == Array(0..<10) })
    #expect(epochs[0] != epochs[1] && epochs[0] != Array(0..<10))
    // Going back, as a training does that goes on from a checkpoint, finds the same.
    #expect(try first(order.windows(of: 1)) == steps[1])
  }

  @Test func withoutShufflingTheOrderIsThatOfTheData() throws {
    var order = try TrainingOrder(windows, settings { $0.shuffle = false }, epochs: 1)
    #expect(order.stepCount == 3)
    #expect(try first(order.windows(of: 2)) == [8, 9])
  }

  @Test func aBudgetOfTokensEndsWithTheStepThatReachesIt() throws {
    // Windows of 3 to 12 tokens: steps of 18, 34 and 23.
    func steps(_ tokens: Int) throws -> Int {
      let settings = settings {
        $0.shuffle = false
        $0.tokens = TokenCount(tokens)
      }
      return try TrainingOrder(windows, settings, epochs: 1).stepCount
    }
    #expect(try [18, 19, 52, 53, 75, 76].map(steps) == [1, 2, 2, 3, 3, 4])
    #expect(try [75 * 1000, 75 * 1000 + 1].map(steps) == [3000, 3001])
    #expect(throws: TrainingError.self) { try steps(.max / 8) }
  }

  @Test func microBatchesHoldWindowsOfLikeLengths() throws {
    let model = try Golden("llama-gqa").model
    let batches = windows.microBatches(of: 4, sharingFrequenciesIn: model)
    #expect(batches.map { first($0.windows) } == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]])
    #expect(batches[1].length == 8)
    let long = [TokenWindow([Int](repeating: 1, count: 3000)), TokenWindow([1, 2])]
    let sizes = long.microBatches(of: nil, sharingFrequenciesIn: model).map(\.windows.count)
    #expect(sizes == [1, 1])
    #expect(windows.microBatches(of: nil, sharingFrequenciesIn: model).count == 1)
  }

  /// The factors of longrope change after so many tokens, and a shorter window keeps its own.
  @Test func windowsWithOtherFrequenciesDoNotRunTogether() throws {
    let model = try Golden("phi3-longrope").model
    let rotary = try #require(model.blocks[0].attention?.rotary)
    let long = try #require((3...4096).first { !rotary.sharesFrequencies($0, 2) })
    let windows = [long + 1, long - 1, long].map {
      TokenWindow([Int](repeating: 1, count: $0))
    }
    let batches = windows.microBatches(of: 3, sharingFrequenciesIn: model)
    #expect(batches.map { $0.windows.map(\.tokens.count) } == [[long + 1, long], [long - 1]])
  }

  @Test func heldOutWindowsAreNotTrainedOn() throws {
    let tokens = TokenSet(windows, note: "")
    let (rest, held) = try tokens.split(holdingOut: 3, 0)
    let heldOut = try #require(held).windows
    #expect(rest.count == 7 && heldOut.count == 3)
    #expect((first(rest) + first(heldOut)).sorted() == Array(0..<10))
    #expect(first(rest) == first(rest).sorted())
    #expect(throws: TrainingError.self) { try tokens.split(holdingOut: 10, 0) }
  }

  @Test func copiesOfHeldOutWindowsAreNotTrainedOn() throws {
    let some = (0..<4).map { TokenWindow([$0, 1, 2]) }
    let tokens = TokenSet(some + some + [TokenWindow([9, 1, 2])] + some, note: "")
    for seed in 0..<8 {
      let (rest, held) = try tokens.split(holdingOut: 2, seed)
      let windows = try #require(held).windows
      #expect(Set(windows).count == 2)
      #expect(Set(rest).isDisjoint(with: windows))
      #expect(Set(rest).union(windows).count == 5)
    }
    #expect(throws: TrainingError.self) { try tokens.split(holdingOut: 5, 0) }
  }
}
