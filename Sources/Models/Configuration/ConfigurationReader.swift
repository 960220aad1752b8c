/// Reads values out of a `config.json`; every error names the file and the key.
struct ConfigurationReader {
  let path: String
  let json: JSON

  /// Sizes beyond this belong to no model, and would only overflow what is computed from them.
  private static let largestSize = 1 << 26

  /// A whole number of at least 1.
  func size(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
    guard let value = json[key], !value.isNull else {
      guard let fallback else { throw ModelError(path, at: key, "is missing") }
      return fallback
    }
    guard let number = value.int, (1...Self.largestSize).contains(number) else {
      throw wrong(key, expected: "a whole number from 1 to \(Self.largestSize)", found: value)
    }
    return number
  }

  /// A number above zero.
  func positive(_ key: String, default fallback: Double) throws(ModelError) -> Double {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let number = value.double, number > 0, number.isFinite else {
      throw wrong(key, expected: "a number above zero", found: value)
    }
    return number
  }

  /// A truth value.
  func flag(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
    guard let value = json[key], !value.isNull else { return fallback }
    guard let flag = value.bool else {
      throw wrong(key, expected: "true or false", found: value)
    }
    return flag
  }

  /// The id of a token of the vocabulary, or the first of a list of them.
  func token(_ key: String, below vocabularySize: Int) throws(ModelError) -> Int? {
    guard let value = json[key], !value.isNull else { return nil }
    let first = value.array?.first ?? value
    guard let id = first.int, (0..<vocabularySize).contains(id) else {
      throw wrong(key, expected: "a token id below \(vocabularySize)", found: value)
    }
    return id
  }

  /// Refuses a value that asks for something the decoder does not do.
  func require(_ key: String, _ accepted: [JSON]) throws(ModelError) {
    guard let value = json[key], !accepted.contains(value) else { return }
    let list = accepted.map { $0.text(indent: nil) }.joined(separator: " or ")
    throw wrong(key, expected: list, found: value)
  }

  /// The same reader for an object inside this one; nil when it is absent or null.
  func nested(_ key: String) throws(ModelError) -> ConfigurationReader? {
    guard let value = json[key], !value.isNull else { return nil }
    guard value.members != nil else { throw wrong(key, expected: "an object", found: value) }
    return ConfigurationReader(path: path, json: value)
  }

  func wrong(_ key: String, expected: String, found: JSON) -> ModelError {
    let text = found.text(indent: nil)
    let shown = text.count > 60 ? text.prefix(57) + "..." : text[...]
    return ModelError(path, at: key, "expected \(expected), found \(shown)")
  }
}
