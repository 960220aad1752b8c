import BillhookCore

/// The memory that a step takes at its peak, as it is estimated before anything is computed.
package struct MemoryEstimate {
  /// The bytes, not counting the program itself.
  package internal(set) var bytes: Int
  /// Whether it grows with the data, and the amount of data is not known yet.
  let isLeast: Bool
  /// Which of several methods is used, or what is assumed, in words; nil where there is only one.
  var method: String?

  /// The amount in words, for example `about 1.2 GB`.
  package var text: String { "\(isLeast ? "at least" : "about") \(Self.shown(bytes))" }

  /// The method and the amount in words, so that nobody takes it for the size of the result.
  var fullText: String { (method.map { "\($0); " } ?? "") + "working memory \(text)" }

  /// Bytes with two digits.
  package static func shown(_ bytes: Int) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    var value = Double(bytes) / 1000
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = value < 9.95 ? (value * 10).rounded() / 10 : value.rounded()
    return digits < 9.95 ? "\(digits) \(units[unit])" : "\(Int(digits)) \(units[unit])"
  }
}
