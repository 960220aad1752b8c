/// A string that is equal to another only when their bytes are.
///
/// Swift's own `==` and `hash(into:)` treat canonically equivalent strings as equal; keys of a file
/// and tokens of a vocabulary must stay apart.
struct ExactString: Hashable, Sendable {
  let string: String

  init(_ string: String) {
    self.string = string
  }

  static func == (one: ExactString, other: ExactString) -> Bool {
    one.string.isIdentical(to: other.string)
  }

  func hash(into hasher: inout Hasher) {
    var copy = string
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension String {
  /// Whether both strings consist of the same bytes.
  package func isIdentical(to other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}
