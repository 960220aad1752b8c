extension JSONText {
  /// The text of a member that is an object; nil where there is no such member, or it is none.
  package func object(_ key: String) throws(JSONError) -> JSONText? {
    guard let bytes = text(of: key), bytes.first == UInt8(ascii: "{") else { return nil }
    return try JSONText(bytes, nonFinite: nonFinite)
  }

  /// Removes a member, or a nested one, named by its path with dots between the names.
  ///
  /// - Returns: Whether there was one.
  package mutating func remove(path: String) throws(JSONError) -> Bool {
    if keys.contains(where: { $0.isIdentical(to: path) }) {
      remove(path)
      return true
    }
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard names.count > 1,
      let inner = try json[names[0]]?.removing(names.dropFirst())
    else { return false }
    set(names[0], to: inner)
    return true
  }
}

extension JSON {
  /// The object without the member at the end of a path of keys; nil where there is none.
  fileprivate func removing(_ path: ArraySlice<String>) -> JSON? {
    guard let key = path.first, let members,
      let index = members.firstIndex(where: { $0.key.isIdentical(to: key) })
    else { return nil }
    var rest = members
    if path.count == 1 {
      rest.remove(at: index)
    } else {
      guard let inner = members[index].value.removing(path.dropFirst()) else { return nil }
      rest[index] = Member(key: members[index].key, value: inner)
    }
    return .object(rest)
  }
}
