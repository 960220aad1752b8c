extension String {
  /// A whole number as text, as far as 64 bits hold it.
  enum WholeNumber: Equatable {
    case value(Int)
    case tooLarge
  }

  /// Python's `int` of a text.
  ///
  /// - Parameter base: 2 to 36, or 0 for what the prefix says; `0x`, `0o` and `0b` are otherwise understood
  ///   only in their own base.
  /// - Returns: The number; nil for what is no whole number in that base.
  func wholeNumberAsInPython(base: Int) -> WholeNumber? {
    var scalars = Array(trimmed(nil).unicodeScalars)[...]
    let isNegative = scalars.first == "-"
    if isNegative || scalars.first == "+" { scalars.removeFirst() }
    var base = base
    let prefixes: [Unicode.Scalar: Int] = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2]
    if scalars.first == "0", let named = scalars.dropFirst().first.flatMap({ prefixes[$0] }),
      base == 0 || base == named
    {
      base = named
      scalars = scalars.dropFirst(2)
      if scalars.first == "_" { scalars.removeFirst() }
    } else if base == 0 {
      // A zero at the beginning would mean base 8 in other languages.
      guard scalars.first != "0" || scalars.allSatisfy({ $0 == "0" || $0 == "_" }) else {
        return nil
      }
      base = 10
    }
    guard 2...36 ~= base, scalars.last != "_", scalars.first != "_", !scalars.isEmpty else {
      return nil
    }
    var (value, isTooLarge, followsLine) = (0, false, false)
    for scalar in scalars {
      if scalar == "_", !followsLine {
        followsLine = true
        continue
      }
      followsLine = false
      guard let digit = scalar.digitAsInPython, digit < base else { return nil }
      let scaled = value.multipliedReportingOverflow(by: base)
      // The least number is further from 0 than the largest.
      let next = scaled.partialValue.addingReportingOverflow(isNegative ? -digit : digit)
      isTooLarge = isTooLarge || scaled.overflow || next.overflow
      value = next.partialValue
    }
    return isTooLarge ? .tooLarge : .value(value)
  }

  /// Python's `float` of a text; nil for what is not a number.
  var numberAsInPython: Double? {
    let scalars = Array(trimmed(nil).unicodeScalars)
    var plain = ""
    for (index, scalar) in scalars.enumerated() {
      if scalar == "_" {
        let beside = [index - 1, index + 1].filter(scalars.indices.contains)
        guard beside.count == 2, beside.allSatisfy({ scalars[$0].decimalDigit != nil }) else {
          return nil
        }
      } else {
        plain += scalar.decimalDigit.map(String.init) ?? String(scalar)
      }
    }
    let word = plain.drop { $0 == "+" || $0 == "-" }.lowercased()
    let isWord =
      plain.utf8.count - word.utf8.count <= 1 && ["inf", "infinity", "nan"].contains(word)
    // Other forms that Swift reads, such as `0x10`, are none of Python's.
    guard isWord || plain.unicodeScalars.allSatisfy("0123456789+-.eE".unicodeScalars.contains)
    else {
      return nil
    }
    return Double(plain)
  }
}

extension Unicode.Scalar {
  /// The value of a decimal digit of any script.
  fileprivate var decimalDigit: Int? {
    properties.numericType == .decimal ? properties.numericValue.map { Int($0) } : nil
  }

  /// The value of a digit in a base of up to 36.
  fileprivate var digitAsInPython: Int? {
    decimalDigit ?? (isASCII && properties.isAlphabetic ? Int(String(self), radix: 36) : nil)
  }
}

extension Double {
  /// Python's `round` to so many decimal places; nil where no number holds the result.
  ///
  /// Halves of the exact value go to the even digit; fewer than 0 places round before the point.
  func roundedAsInPython(toPlaces places: Int) -> Double? {
    // As Python does; beyond these, nothing changes or nothing is left.
    guard isFinite, self != 0, places <= 323 else { return self }
    guard places >= -308 else { return self * 0 }
    let (digits, point) = exactDigits
    guard point + places < digits.count else { return self }
    guard point + places >= 0 else { return self * 0 }
    var kept = Array(digits[..<(point + places)])
    let rest = digits[(point + places)...]
    let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
    let goesUp = isHalf ? (kept.last ?? 0) % 2 == 1 : (rest.first ?? 0) >= 5
    if goesUp {
      var place = kept.count - 1
      while place >= 0, kept[place] == 9 {
        kept[place] = 0
        place -= 1
      }
      if place >= 0 { kept[place] += 1 } else { kept.insert(1, at: 0) }
    }
    let text = "0" + kept.map(String.init).joined() + "e\(-places)"
    guard let magnitude = Double(text), magnitude.isFinite else { return nil }
    return sign == .minus ? -magnitude : magnitude
  }

  /// All decimal digits of the magnitude of a finite number, and how many of them are before the point.
  private var exactDigits: (digits: [UInt8], point: Int) {
    // A whole number of 2^exponent: more halvings are products with 5, and places after the point.
    let isTiny = exponentBitPattern == 0
    let whole = significandBitPattern + (isTiny ? 0 : 1 << 52)
    let exponent = (isTiny ? 1 : Int(exponentBitPattern)) - 1075
    var limbs = [whole % Self.limb, whole / Self.limb]
    func multiply(by factor: UInt64) {
      var carry: UInt64 = 0
      for index in limbs.indices {
        let product = limbs[index] * factor + carry
        (limbs[index], carry) = (product % Self.limb, product / Self.limb)
      }
      if carry > 0 { limbs.append(carry) }
    }
    for _ in 0..<exponent.magnitude { multiply(by: exponent > 0 ? 2 : 5) }
    let digits = limbs.reversed().flatMap { limb in
      let text = String(limb)
      return Array(repeating: 0, count: 9 - text.count) + text.utf8.map { $0 - UInt8(ascii: "0") }
    }
    return (digits, digits.count - max(0, -exponent))
  }

  /// Numbers below it are one limb.
  private static let limb: UInt64 = 1_000_000_000
}

extension Int {
  /// Python's `round` of a whole number to so many decimal places; nil where 64 bits do not hold the result.
  func roundedAsInPython(toPlaces places: Int) -> Int? {
    guard places < 0 else { return self }
    guard places >= -19 else { return 0 }
    let power = (0..<(-places)).reduce(UInt(1)) { product, _ in product * 10 }
    let (quotient, rest) = magnitude.quotientAndRemainder(dividingBy: power)
    let goesUp = rest > power / 2 || rest == power / 2 && quotient % 2 == 1
    let (rounded, overflow) = (quotient + (goesUp ? 1 : 0)).multipliedReportingOverflow(by: power)
    guard !overflow, let value = Int(exactly: rounded) else { return nil }
    return self < 0 ? -value : value
  }
}
