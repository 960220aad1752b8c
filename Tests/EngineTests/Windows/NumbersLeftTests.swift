@testable import BillhookEngine
import TestSupport
import Testing

/// Numbers are taken as from a list.
@Suite struct NumbersLeftTests {
  @Test(arguments: [1, 2, 7, 8, 100]) func takesAsFromAList(count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    var (numbers, list) = (NumbersLeft(count), Array(0..<count))
    while !list.isEmpty {
      #expect(numbers.count == list.count)
      let place = Int(random.next() % UInt64(list.count))
      #expect(numbers.take(at: place) == list.remove(at: place))
    }
    #expect(numbers.count == 0)
  }
}
