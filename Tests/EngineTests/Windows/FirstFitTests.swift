@testable import BillhookEngine
import Testing
import TestSupport

@Suite struct FirstFitTests {
  @Test func byHand() {
    var fit = FirstFit(pieces: 6, size: 10)
    #expect([6, 5, 4, 5, 10, 1].map { fit.put($0) } == [0, 1, 0, 1, 2, 3])
    var one = FirstFit(pieces: 1, size: 3)
    #expect(one.put(3) == 0)
  }

  /// As when the bins are tried one after the other.
  @Test func binsAreThoseOfASearch() {
    var random = SplitMix64(seed: 3)
    for size in [1, 7, 100] {
      var fit = FirstFit(pieces: 500, size: size)
      var rooms: [Int] = []
      for _ in 0..<500 {
        let piece = Int.random(in: 0...size, using: &random)
        let bin = rooms.firstIndex { $0 >= piece } ?? rooms.count
        if bin == rooms.count { rooms.append(size) }
        rooms[bin] -= piece
        #expect(fit.put(piece) == bin)
      }
    }
  }
}
