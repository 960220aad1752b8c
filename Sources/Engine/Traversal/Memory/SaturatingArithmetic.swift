// Settings can ask for more bytes than an integer holds; such an estimate becomes the largest
// integer, and so exceeds every limit that it is compared with.

infix operator *| : MultiplicationPrecedence
infix operator +| : AdditionPrecedence

extension Int {
  /// The product of two amounts, at most the largest integer.
  package static func *| (left: Int, right: Int) -> Int {
    let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
    return isTooLarge ? .max : product
  }

  /// The sum of two amounts, at most the largest integer.
  package static func +| (left: Int, right: Int) -> Int {
    let (sum, isTooLarge) = left.addingReportingOverflow(right)
    return isTooLarge ? .max : sum
  }
}
