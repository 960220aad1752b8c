/// How deep values stand inside of one another, how many there are, and how long their text is.
///
/// What walks through a value (printing, comparing, letting it go) needs room on the stack for its depth
/// and time for its number, so both are bounded where values are put together. A value that is used
/// twice counts twice, as it does for whoever walks.
struct Extent {
  /// The deepest nesting: above the 512 levels of JSON, which values come from.
  static let deepest = 600
  /// The most values inside of one.
  static let most = 1_000_000

  /// How many lists and dictionaries stand inside of one another.
  private(set) var depth = 0
  /// How many values there are, this one with them.
  private(set) var values = 1
  /// Roughly how many bytes of text.
  private(set) var bytes: Int

  init(bytes: Int = 8) { self.bytes = bytes }

  /// The steps that it takes to go through all of it.
  var steps: Int { values + bytes / 64 }

  /// Puts a value inside.
  mutating func hold(_ inner: Extent) {
    depth = max(depth, inner.depth + 1)
    values += inner.values
    bytes += inner.bytes + 2
  }
}

extension Value {
  var extent: Extent {
    switch self {
    case .string(let text): return Extent(bytes: text.utf8.count)
    case .list(let values), .tuple(let values): return values.extent
    case .dictionary(let value): return value.extent
    case .loop(let loop): return loop.extent
    case .method(let receiver, _):
      var extent = Extent()
      extent.hold(receiver.value.extent)
      return extent
    case .undefined, .none, .bool, .integer, .float, .namespace, .macro, .function:
      return Extent()
    }
  }

  /// Values in their order.
  struct List: RandomAccessCollection {
    let elements: [Value]
    let extent: Extent

    init(_ elements: [Value]) {
      self.elements = elements
      extent = elements.reduce(into: Extent()) { $0.hold($1.extent) }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { elements.count }
    subscript(index: Int) -> Value { elements[index] }
  }
}

extension Rendering {
  /// Makes a list.
  func list(_ values: [Value], _ place: Place) throws(JinjaError) -> Value {
    .list(try bounded(values, place))
  }

  /// Makes what a list or a tuple holds.
  func bounded(_ values: [Value], _ place: Place) throws(JinjaError) -> Value.List {
    try checkCount(values.count, place)
    try steps(values.count, place)
    let list = Value.List(values)
    try check(list.extent, place)
    return list
  }

  /// Checks that a value may be put together.
  func check(_ extent: Extent, _ place: Place) throws(JinjaError) {
    guard extent.depth <= Extent.deepest else {
      throw JinjaError(
        .limit,
        "lists and dictionaries would be nested more than \(Extent.deepest) deep",
        at: place
      )
    }
    guard extent.values <= Extent.most else {
      throw JinjaError(.limit, "more than \(Extent.most) values would be in one", at: place)
    }
  }

  /// The text of a value, unless it is too long.
  func text(of value: Value, _ place: Place) throws(JinjaError) -> String {
    try checkSize(value.extent.bytes, place)
    if case .string(let text) = value { return text }
    try steps(value.extent.steps, place)
    return value.text
  }
}
