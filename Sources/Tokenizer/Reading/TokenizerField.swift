import BillhookFiles

/// A value of a tokenizer file together with its key path, for errors that say where.
struct TokenizerField {
  let file: String
  let key: String
  /// Nil where the file has no such member.
  let value: JSON?

  /// Whether the member is missing or `null`, which means the same in these files.
  var isAbsent: Bool { value?.isNull ?? true }

  subscript(name: String) -> TokenizerField {
    TokenizerField(file: file, key: key.isEmpty ? name : "\(key).\(name)", value: value?[name])
  }

  func failure(_ problem: String) -> TokenizerError {
    TokenizerError(file: file, key: key, problem: problem)
  }

  /// The error for a value that is not what it should be.
  func unexpected(_ supported: String) -> TokenizerError {
    let found =
      switch value {
      case nil: "nothing"
      case .array: "an array"
      case .object: "an object"
      case .some(let value): value.text(indent: nil)
      }
    return failure("found \(found), supported: \(supported)")
  }

  func string() throws(TokenizerError) -> String {
    guard let string = value?.string else { throw unexpected("a string") }
    return string
  }

  func scalar() throws(TokenizerError) -> Unicode.Scalar {
    let scalars = try string().unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else {
      throw unexpected("one character")
    }
    return scalar
  }

  func flag(otherwise: Bool? = nil) throws(TokenizerError) -> Bool {
    if isAbsent, let otherwise { return otherwise }
    guard let flag = value?.bool else { throw unexpected("true or false") }
    return flag
  }

  func count() throws(TokenizerError) -> Int {
    guard let count = value?.int, count >= 0 else { throw unexpected("a whole number from 0") }
    return count
  }

  func elements() throws(TokenizerError) -> [TokenizerField] {
    guard let elements = value?.array else { throw unexpected("an array") }
    return elements.enumerated().map { index, element in
      TokenizerField(file: file, key: "\(key)[\(index)]", value: element)
    }
  }

  /// The elements of a list with a length limit that no real file exceeds.
  func elements(atMost limit: Int) throws(TokenizerError) -> [TokenizerField] {
    if let count = value?.array?.count, count > limit {
      throw failure("found \(count) elements, supported: at most \(limit)")
    }
    return try elements()
  }

  func members() throws(TokenizerError) -> [JSON.Member] {
    guard let members = value?.members else { throw unexpected("an object") }
    return members
  }

  /// Refuses members whose meaning is unknown: they might change the result.
  func allow(_ names: String...) throws(TokenizerError) {
    for member in try members() where !names.contains(where: { $0.isIdentical(to: member.key) }) {
      throw self[member.key].unexpected("no member but `\(names.joined(separator: "`, `"))`")
    }
  }
}
