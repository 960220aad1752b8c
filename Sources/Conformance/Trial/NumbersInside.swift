import BillhookCore

/// All numbers in a value of any type, in an order that follows from the value.
///
/// Lets results of evidence be compared, whatever types their author chose.
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
      for child in isUnordered ? children.sorted(by: Self.precedes) : children { try add(child) }
    }
  }

  /// Orders elements of a dictionary by their keys as text, and those of a set by themselves as
  /// text.
  private static func precedes(_ one: Any, _ other: Any) -> Bool {
    func key(_ element: Any) -> String {
      let mirror = Mirror(reflecting: element)
      return mirror.displayStyle == .tuple
        ? mirror.children.first.map { "\($0.value)" } ?? "" : "\(element)"
    }
    return key(one) < key(other)
  }
}
