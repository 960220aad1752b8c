public import BillhookModels
import BillhookRecipe

/// A number of tokens: `64_000`, `20M`, `1.5B`.
public struct TokenCount: ParameterValue, Comparable {
  /// The number.
  public let count: Int

  /// So many tokens.
  public init(_ count: Int) { self.count = count }

  /// Numbers, with a letter for large ones.
  public static var expectation: String { "a number of tokens such as 64_000 or 20M" }

  private static let units: [(name: String, factor: Double)] = [("B", 1e9), ("M", 1e6), ("K", 1e3)]

  /// Reads `64_000` or `20M`.
  public init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let count = number.integer, count > 0 else { return nil }
      self.count = count
    case .quantity(let number, let unit):
      guard let factor = Self.units.first(where: { $0.name == unit })?.factor else { return nil }
      let count = (number.double * factor).rounded()
      guard count >= 1, count < 1e18 else { return nil }
      self.count = Int(count)
    default: return nil
    }
  }

  /// The number with the largest letter that divides it.
  public var literalText: String {
    let unit = Self.units.first { count % Int($0.factor) == 0 && count > 0 }
    return unit.map { "\(count / Int($0.factor))\($0.name)" } ?? "\(count)"
  }

  /// The number.
  public var keyPart: JSON { ["tokens": count.keyPart] }

  /// Whether one is fewer tokens than the other.
  public static func < (one: TokenCount, other: TokenCount) -> Bool { one.count < other.count }
}
