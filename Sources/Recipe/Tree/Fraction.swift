/// A part of a whole that is written as a fraction, which recipes do not know.
struct Fraction: Equatable {
  /// Where it stands.
  enum Role: Equatable {
    /// Where a recipe says how much goes.
    case amount
    /// Where it says how much is left.
    case rest
    /// Where it says anything else.
    case value
  }

  let numerator: Int
  let denominator: Int
  let place: Role

  /// A fraction up to 1; nil where the numbers make none.
  init?(_ numerator: String, _ denominator: String, _ place: Role) {
    guard let over = Int(numerator), let under = Int(denominator), (1...9999).contains(under),
      (0...under).contains(over)
    else { return nil }
    self.numerator = over
    self.denominator = under
    self.place = place
  }

  /// Whether `percentage` is all of it.
  var isExact: Bool { 100 * numerator * Self.scale % denominator == 0 }

  /// The same share as a percentage.
  var percentage: String { Self.decimal(100 * numerator, denominator) + "%" }

  /// What is left when this share stays.
  var complement: String { Self.decimal(100 * (denominator - numerator), denominator) + "%" }

  /// The same share as a number.
  var number: String { Self.decimal(numerator, denominator) }

  /// The digits of a quotient, with four decimals at most.
  private static func decimal(_ over: Int, _ under: Int) -> String {
    let digits = (over * scale * 2 / under + 1) / 2
    var decimals = String(String(scale + digits % scale).dropFirst())
    while decimals.last == "0" { decimals.removeLast() }
    return "\(digits / scale)" + (decimals.isEmpty ? "" : ".\(decimals)")
  }

  private static let scale = 10_000
}
