/// Reads values out of a `config.json`; every error names the file and the key.
///
/// It keeps account of the keys that were asked for: what nobody asked for may change the model in
/// a way that the decoder does not follow.
final class ConfigurationReader {
  let path: String
  let json: JSON
  /// What stands before a key in messages, as in `rope_scaling.`.
  private let prefix: String
  private var asked: Set<String> = []
  private var nestedReaders: [ConfigurationReader] = []

  /// Sizes beyond this belong to no model, and would only overflow what is computed from them.
  static let largestSize = 1 << 26

  init(path: String, json: JSON, prefix: String = "") {
    self.path = path
    self.json = json
    self.prefix = prefix
  }

  /// The value of a key; nil when it is absent.
  func value(_ key: String) -> JSON? {
    asked.insert(key)
    return json[key]
  }

  /// Whether a key is there and not null.
  func has(_ key: String) -> Bool { value(key)?.isNull == false }

  /// The same reader for an object inside this one; nil when it is absent or null.
  func nested(_ key: String) throws(ModelError) -> ConfigurationReader? {
    guard let value = value(key), !value.isNull else { return nil }
    guard value.members != nil else { throw wrong(key, expected: "an object", found: value) }
    let reader = ConfigurationReader(path: path, json: value, prefix: "\(prefix)\(key).")
    nestedReaders.append(reader)
    return reader
  }

  /// Refuses keys that nobody asked for, unless they ask for nothing.
  func refuseUnread() throws(ModelError) {
    for member in json.members ?? [] where !asked.contains(member.key) {
      guard !Self.isInert(member.key), member.value.asksForSomething else { continue }
      throw error(
        member.key,
        "is not known for this family and may change what the model computes, so it is not "
          + "passed over; if it does not, remove it from the file"
      )
    }
    for reader in nestedReaders { try reader.refuseUnread() }
  }

  /// An error about a key.
  func error(_ key: String, _ message: String) -> ModelError {
    ModelError(path, at: prefix + key, message)
  }

  /// An error about the value of a key.
  func wrong(_ key: String, expected: String, found: JSON) -> ModelError {
    let text = found.text(indent: nil)
    let shown = text.count > 60 ? text.prefix(57) + "..." : text[...]
    return error(key, "expected \(expected), found \(shown)")
  }
}

extension JSON {
  /// Whether a setting with this value can change anything: not when it is null, false or empty.
  fileprivate var asksForSomething: Bool {
    switch self {
    case .null, .bool(false): false
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: true
    }
  }
}
