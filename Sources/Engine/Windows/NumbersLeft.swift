/// The numbers from 0 up to a count that are left, in order: any of them is taken by its place among those,
/// in logarithmic time.
///
/// Source: Fenwick, A New Data Structure for Cumulative Frequency Tables, 1994.
struct NumbersLeft {
  /// How many are left.
  private(set) var count: Int
  /// At index i, counted from 1, how many are left of as many numbers up to i as its lowest bit says.
  private var sums: [Int]

  /// All numbers below a count.
  init(_ count: Int) {
    self.count = count
    sums = (0...count).map { $0 & -$0 }
  }

  /// Takes the number at a place among those that are left, which must be less than `count`.
  mutating func take(at place: Int) -> Int {
    var (number, rest) = (0, place)
    var step = 1 << (Int.bitWidth - 1 - sums.count.leadingZeroBitCount)
    while step > 0 {
      let next = number + step
      if next < sums.count, sums[next] <= rest {
        rest -= sums[next]
        number = next
      }
      step >>= 1
    }
    var index = number + 1
    while index < sums.count {
      sums[index] -= 1
      index += index & -index
    }
    count -= 1
    return number
  }
}
