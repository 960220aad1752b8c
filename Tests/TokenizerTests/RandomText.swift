/// Makes text of characters from a few ranges, the same for the same seed.
struct RandomText {
  private let ranges: [ClosedRange<UInt32>]

  init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = ranges
  }

  func make(length: ClosedRange<Int>, _ numbers: inout some RandomNumberGenerator) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: length, using: &numbers) {
      guard let range = ranges.randomElement(using: &numbers) else { break }
      text.append(Unicode.Scalar(UInt32.random(in: range, using: &numbers)) ?? " ")
    }
    return String(text)
  }
}
