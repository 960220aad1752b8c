import BillhookFiles

/// Reads values out of a `config.json`; every error names the file and the key.
///
/// It records which keys were read, so that the others can be reported.
final class ConfigurationReader {
  let path: String
  let json: JSON
  /// The prefix of a key in messages, as in `rope_scaling.`.
  private let prefix: String
  private var asked: Set<String> = []
  private var nestedReaders: [(key: String, reader: ConfigurationReader)] = []
  /// What the file asks for and cannot be done, key by key.
  private var complaints: [(key: String, message: String)] = []

  /// No model has sizes beyond this, which would only overflow what is computed from them.
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

  /// Whether a key is present and not null.
  func has(_ key: String) -> Bool { value(key)?.isNull == false }

  /// The same reader for an object inside this one; nil when it is absent or null.
  func nested(_ key: String) throws(FileError) -> ConfigurationReader? {
    if let known = nestedReaders.first(where: { $0.key == key }) { return known.reader }
    guard let value = value(key), !value.isNull else { return nil }
    guard value.members != nil else { throw wrong(key, expected: "an object", found: value) }
    let reader = ConfigurationReader(path: path, json: value, prefix: "\(prefix)\(key).")
    nestedReaders.append((key, reader))
    return reader
  }

  /// Marks keys as read that the family has and these blocks have no use for.
  func passOver(_ keys: [String]) { asked.formUnion(keys) }

  /// Records something that cannot be done, for `finish` to report with all others.
  func complain(_ error: FileError) {
    let key = error.place ?? ""
    guard !complaints.contains(where: { $0.key == key }) else { return }
    complaints.append((key, error.message))
  }

  private var allComplaints: [(key: String, message: String)] {
    complaints + nestedReaders.flatMap(\.reader.allComplaints)
  }

  /// Ends the reading of a family's configuration.
  ///
  /// - Parameters:
  ///   - family: The family.
  ///   - error: The error that stopped the reading early; nil when there was none.
  /// - Returns: The keys that were not read although they ask for something: as far as is known,
  ///   the family's class does not read them either.
  /// - Throws: `FileError` that names, all at once, everything that cannot be done.
  func finish(_ family: Family, stoppedBy error: FileError? = nil) throws(FileError) -> [String] {
    var unread: [String] = []
    var unsupported: [String] = []
    for member in json.members ?? [] where !asked.contains(member.key) {
      if let reason = UnsupportedKeys.reason(against: member, in: family) {
        complain(self.error(member.key, reason))
        unsupported.append(prefix + member.key)
      } else if !Self.isInert(member.key), member.value.asksForSomething {
        unread.append(prefix + member.key)
      }
    }
    for (_, reader) in nestedReaders { unread += reader.unread() }
    let errors =
      allComplaints.map { FileError(path, at: $0.key, $0.message) } + [error].compactMap { $0 }
    guard errors.isEmpty else { throw FileError(joining: errors, passable: unsupported) }
    return unread
  }

  /// The keys of a nested object that were not read although they ask for something; an object
  /// among them cannot be ignored and becomes a complaint.
  private func unread() -> [String] {
    var unread: [String] = []
    for member in json.members ?? [] where !asked.contains(member.key) {
      if member.value.members?.isEmpty == false {
        complain(error(member.key, "is not known for this family, and may change what it computes"))
      } else if member.value.asksForSomething {
        unread.append(prefix + member.key)
      }
    }
    return unread + nestedReaders.flatMap { $0.reader.unread() }
  }

  /// Refuses keys that were not read, unless they ask for nothing.
  func refuseUnread() throws(FileError) {
    for member in json.members ?? [] where !asked.contains(member.key) {
      guard member.value.asksForSomething else { continue }
      throw error(member.key, "is not known here")
    }
  }

  /// An error about a key.
  func error(_ key: String, _ message: String) -> FileError {
    FileError(path, at: prefix + key, message)
  }

  /// An error about the value of a key.
  func wrong(_ key: String, expected: String, found: JSON) -> FileError {
    let text = found.text(indent: nil)
    let shown = text.count > 60 ? text.prefix(57) + "..." : text[...]
    return error(key, "expected \(expected), found \(shown)")
  }
}

extension FileError {
  /// Joins several errors of one file into one, and says how a recipe can ignore keys.
  fileprivate init(joining errors: [FileError], passable keys: [String]) {
    let list = JSON.array(keys.map(JSON.string)).text(indent: nil)
    let advice =
      keys.isEmpty
      ? "" : "; to do without, write `model \"…\" { ignore = \(list) }`"
    guard errors.count > 1 else {
      self.init(errors[0].path, at: errors[0].place, errors[0].message + advice)
      return
    }
    let texts = errors.map { error in
      (error.place.map { "`\($0)`: " } ?? "") + error.message
    }
    self.init(errors[0].path, texts.joined(separator: "; ") + advice)
  }
}
