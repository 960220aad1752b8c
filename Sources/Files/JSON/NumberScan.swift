/// Finds the parts of a number in the bytes of a document.
struct NumberScan {
  /// The offset after the number; nil if none starts here.
  let end: Int?
  /// Where the scan found something unexpected, when `end` is nil.
  let stop: Int

  private let bytes: [UInt8]
  private let isNegative: Bool
  private let whole: Range<Int>
  private let fraction: Range<Int>
  private let exponent: Range<Int>
  private let exponentIsNegative: Bool

  init(_ bytes: [UInt8], from start: Int) {
    var position = start

    func next(is byte: UInt8) -> Bool {
      position < bytes.count && bytes[position] == byte
    }

    func digits() -> Range<Int> {
      let first = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      return first..<position
    }

    self.bytes = bytes
    var isComplete = true
    isNegative = next(is: 0x2D)
    if isNegative { position += 1 }

    if next(is: 0x30) {
      whole = position..<(position + 1)
      position += 1
    } else {
      whole = digits()
    }
    isComplete = !whole.isEmpty

    if isComplete, next(is: 0x2E) {
      position += 1
      fraction = digits()
      isComplete = !fraction.isEmpty
    } else {
      fraction = position..<position
    }

    if isComplete, next(is: 0x65) || next(is: 0x45) {
      position += 1
      exponentIsNegative = next(is: 0x2D)
      if exponentIsNegative || next(is: 0x2B) { position += 1 }
      exponent = digits()
      isComplete = !exponent.isEmpty
    } else {
      exponentIsNegative = false
      exponent = position..<position
    }

    stop = position
    end = isComplete ? position : nil
  }

  /// The value, if it is a whole number that fits into `Int`.
  ///
  /// The size of the exponent costs nothing: digits are multiplied out only once the result is
  /// known to have few of them.
  var wholeNumber: Int? {
    guard end != nil else { return nil }
    var digits = (bytes[whole] + bytes[fraction]).drop { $0 == 0x30 }
    var dropped = 0
    while digits.last == 0x30 {
      digits.removeLast()
      dropped += 1
    }
    guard !digits.isEmpty else { return 0 }

    var power = 0
    for digit in bytes[exponent].drop(while: { $0 == 0x30 }) {
      // No significand that fits into memory could make up for an exponent this large.
      guard power < 1 << 50 else { return nil }
      power = power * 10 + Int(digit - 0x30)
    }
    if exponentIsNegative { power = -power }
    power += dropped - fraction.count
    guard power >= 0, digits.count + power <= 19 else { return nil }

    var value = 0
    for digit in digits + repeatElement(0x30, count: power) {
      let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let step = Int(digit - 0x30)
      let (sum, overflow) = shifted.addingReportingOverflow(isNegative ? -step : step)
      guard !tooLarge, !overflow else { return nil }
      value = sum
    }
    return value
  }
}
