extension Value {
  /// A dictionary in the order in which its keys were written first.
  struct Dictionary {
    struct Entry {
      let key: Value
      fileprivate(set) var value: Value
    }

    private(set) var entries: [Entry] = []
    private var places: [Key: Int] = [:]
    /// Values that were replaced count as well.
    private(set) var extent = Extent()

    /// The value of a key; nil where there is none.
    subscript(key: Key) -> Value? { places[key].map { entries[$0].value } }

    subscript(name: String) -> Value? { self[.string(Key.Text(name))] }

    /// Gives a key a value; says whether something can be a key.
    mutating func set(_ key: Value, to value: Value) -> Bool {
      guard let known = Key(key) else { return false }
      extent.hold(value.extent)
      if let place = places[known] {
        entries[place].value = value
      } else {
        extent.hold(key.extent)
        places[known] = entries.count
        entries.append(Entry(key: key, value: value))
      }
      return true
    }
  }

  /// What dictionaries look for: equal for values that are equal in Python.
  enum Key: Hashable {
    case none
    case integer(Int)
    case float(Double)
    case string(Text)
    case tuple([Key])

    /// A text, scalar by scalar.
    struct Text: Hashable {
      private let text: String

      init(_ text: String) { self.text = text }

      static func == (one: Text, other: Text) -> Bool { one.text.isSame(as: other.text) }

      func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      }
    }

    /// The key of a value; nil for what Python cannot hash.
    init?(_ value: Value) {
      switch value {
      case .none: self = .none
      case .bool, .integer: self = .integer(value.whole ?? 0)
      case .float(let number): self = Int(exactly: number).map(Key.integer) ?? .float(number)
      case .string(let text): self = .string(Text(text))
      case .tuple(let values):
        var keys: [Key] = []
        for value in values {
          guard let key = Key(value) else { return nil }
          keys.append(key)
        }
        self = .tuple(keys)
      case .undefined, .list, .dictionary, .namespace, .loop, .macro, .function, .method:
        return nil
      }
    }
  }
}

extension Rendering {
  /// What a value is looked for by in a dictionary.
  func key(_ value: Value, _ place: Place) throws(JinjaError) -> Value.Key {
    guard let key = Value.Key(value) else { throw noKey(value, place) }
    return key
  }

  /// Puts a value into a dictionary.
  func put(
    _ value: Value,
    at key: Value,
    of dictionary: inout Value.Dictionary,
    _ place: Place
  ) throws(JinjaError) {
    guard dictionary.set(key, to: value) else { throw noKey(key, place) }
    try checkCount(dictionary.entries.count, place)
    try check(dictionary.extent, place)
  }

  private func noKey(_ value: Value, _ place: Place) -> JinjaError {
    JinjaError(.value, "\(value.phrase) cannot be a key of a dictionary", at: place)
  }
}
