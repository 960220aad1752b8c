import BillhookEngine
public import BillhookFiles
import BillhookRecipe

extension TokenCount: ParameterValue {
  /// Numbers, with an optional suffix for large ones.
  public static var expectation: String { "a number of tokens such as 64_000 or 20M" }

  private static let units: [(name: String, factor: Double)] = [("B", 1e9), ("M", 1e6), ("K", 1e3)]

  /// Reads `64_000` or `20M`.
  public init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let count = number.integer, count > 0 else { return nil }
      self.init(count)
    case .quantity(let number, let unit):
      guard let factor = Self.units.first(where: { $0.name == unit })?.factor else { return nil }
      let count = (number.double * factor).rounded()
      guard count >= 1, count < 1e18 else { return nil }
      self.init(Int(count))
    default: return nil
    }
  }

  /// The number with the largest suffix that divides it.
  public var literalText: String {
    let unit = Self.units.first { count % Int($0.factor) == 0 && count > 0 }
    return unit.map { "\(count / Int($0.factor))\($0.name)" } ?? "\(count)"
  }

  /// The number.
  public var keyPart: JSON { ["tokens": count.keyPart] }
}
