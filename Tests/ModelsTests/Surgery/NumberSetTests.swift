import BillhookModels
import TestSupport
import Testing

/// Sets of small numbers do what sets of numbers do.
@Suite struct NumberSetTests {
  @Test func doesWhatASetDoes() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<200 {
      func numbers() -> [Int] {
        let most = [0, 1, 63, 64, 65, 200].randomElement(using: &random) ?? 0
        return (0..<Int.random(in: 0...20, using: &random)).map { _ in
          Int.random(in: 0...most, using: &random)
        }
      }
      let (one, other) = (numbers(), numbers())
      let (bits, others) = (NumberSet(one), NumberSet(other))
      #expect(Array(bits) == Set(one).sorted())
      #expect(bits.count == Set(one).count && bits.isEmpty == one.isEmpty)
      #expect((0...210).allSatisfy { bits.contains($0) == one.contains($0) })
      #expect(!bits.contains(-1))
      #expect(Array(bits.subtracting(others)) == Set(one).subtracting(other).sorted())
      #expect(bits.isSubset(of: others) == Set(one).isSubset(of: other))
      var both = bits
      both.formUnion(others)
      var listed = bits
      listed.formUnion(other)
      #expect(Array(both) == Set(one).union(other).sorted() && both == listed)
      #expect((bits == others) == (Set(one) == Set(other)))
      // What was taken out leaves no trace.
      #expect(both.subtracting(others) == NumberSet(Set(one).subtracting(other)))
      #expect(both.subtracting(both) == [])
    }
  }
}
