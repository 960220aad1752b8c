import BillhookFiles

extension ConfigurationReader {
  /// A whole number of at least 1.
  func size(_ key: String, default fallback: Int? = nil) throws(FileError) -> Int {
    guard let value = value(key), !value.isNull else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    guard let number = value.int, (1...Self.largestSize).contains(number) else {
      throw wrong(key, expected: "a whole number from 1 to \(Self.largestSize)", found: value)
    }
    return number
  }

  /// A number above zero.
  func positive(_ key: String, default fallback: Double? = nil) throws(FileError) -> Double {
    guard let value = value(key), !value.isNull else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    return try positive(key, value)
  }

  /// A number above zero, or nil where the key is `null`; where it is absent, a default.
  func optionalPositive(
    _ key: String,
    whenAbsent fallback: Double? = nil
  ) throws(FileError) -> Double? {
    guard let value = value(key) else { return fallback }
    return value.isNull ? nil : try positive(key, value)
  }

  /// A number above zero, or nil where the key is absent or zero.
  func positiveUnlessZero(_ key: String) throws(FileError) -> Double? {
    value(key)?.double == 0 ? nil : try optionalPositive(key)
  }

  /// A list of numbers above zero.
  func positives(_ key: String, count: Int) throws(FileError) -> [Double] {
    guard let elements = value(key)?.array, elements.count == count else {
      throw wrong(key, expected: "a list of \(count) numbers", found: value(key) ?? .null)
    }
    var numbers: [Double] = []
    for element in elements { numbers.append(try positive(key, element)) }
    return numbers
  }

  private func positive(_ key: String, _ value: JSON) throws(FileError) -> Double {
    // The arithmetic is in f32: a value that is zero or infinite there cannot be computed with.
    guard let number = value.double, Float(number) > 0, Float(number).isFinite else {
      throw wrong(key, expected: "a number above zero that fits into 32 bits", found: value)
    }
    return number
  }

  /// A truth value.
  func flag(_ key: String, default fallback: Bool) throws(FileError) -> Bool {
    guard let value = value(key), !value.isNull else { return fallback }
    guard let flag = value.bool else {
      throw wrong(key, expected: "true or false", found: value)
    }
    return flag
  }

  /// A token id within the vocabulary, or the first of a list; where it is not valid, the reason.
  func token(_ key: String, below vocabularySize: Int) -> (id: Int?, fault: String?) {
    guard let value = value(key), !value.isNull else { return (nil, nil) }
    let first = value.array?.first ?? value
    guard let id = first.int, (0..<vocabularySize).contains(id) else {
      return (
        nil, wrong(key, expected: "a token id below \(vocabularySize)", found: value).description
      )
    }
    return (id, nil)
  }

  /// Records a complaint about a value that asks for something the decoder does not do.
  func require(_ key: String, _ accepted: [JSON]) {
    guard let value = value(key), !accepted.contains(value) else { return }
    let list = accepted.map { $0.text(indent: nil) }.joined(separator: " or ")
    complain(wrong(key, expected: list, found: value))
  }
}
