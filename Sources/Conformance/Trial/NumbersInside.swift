import BillhookCore

/// All numbers in a value of any type, in an order that follows from the value.
///
/// So that results of evidence can be compared whatever an author makes them of.
struct NumbersInside {
  private(set) var values: [Double] = []

  init(_ value: Any) throws { try add(value) }

  private mutating func add(_ value: Any) throws {
    switch value {
    case let tensor as Tensor: values += try tensor.doubles()
    case let number as Double: values.append(number)
    case let number as Float: values.append(Double(number))
    case let number as any BinaryInteger: values.append(Double(number))
    default:
      let mirror = Mirror(reflecting: value)
      let children = mirror.children.map(\.value)
      // Dictionaries and sets have no order of their own.
      let isUnordered = mirror.displayStyle == .dictionary || mirror.displayStyle == .set
      for child in isUnordered ? children.sorted(by: Self.isInFront) : children { try add(child) }
    }
  }

  /// By the key of a dictionary's element, or a set's element, as text.
  private static func isInFront(_ one: Any, _ other: Any) -> Bool {
    func key(_ element: Any) -> String {
      let mirror = Mirror(reflecting: element)
      return mirror.displayStyle == .tuple
        ? mirror.children.first.map { "\($0.value)" } ?? "" : "\(element)"
    }
    return key(one) < key(other)
  }
}
