public import BillhookFiles
import BillhookRecipe

/// A number of bytes, written with its unit: `4GB`, `512MiB`.
public struct ByteCount: ParameterValue, Comparable {
  /// The bytes.
  public let bytes: Int

  /// A count of bytes.
  public init(_ bytes: Int) { self.bytes = bytes }

  /// Sizes with a unit.
  public static var expectation: String { "a size such as 4GB" }

  private static let units: [(name: String, bytes: Double)] = [
    ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1),
    ("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10), ("TB", 1e12), ("TiB", 0x1p40),
    // As sizes are shown.
    ("kB", 1e3),
  ]

  /// The unit that was meant by another spelling of it; nil where there is none.
  public static func unit(meantBy text: String) -> String? {
    units.map(\.name).first { $0.lowercased() == text.lowercased() }
  }

  /// Reads `4GB`.
  public init?(_ literal: Literal) {
    guard case .quantity(let number, let unit) = literal,
      let factor = Self.units.first(where: { $0.name == unit })?.bytes,
      number.double >= 0, number.double * factor < 1e18
    else { return nil }
    bytes = Int((number.double * factor).rounded())
  }

  /// The bytes in the largest decimal unit that divides them.
  public var literalText: String {
    let unit = Self.units.prefix(3).first { bytes % Int($0.bytes) == 0 && bytes > 0 }
    return unit.map { "\(bytes / Int($0.bytes))\($0.name)" } ?? "\(bytes)B"
  }

  /// The bytes.
  public var keyPart: JSON { ["bytes": .number(JSONNumber(bytes))] }

  /// Whether one is fewer bytes than the other.
  public static func < (one: ByteCount, other: ByteCount) -> Bool { one.bytes < other.bytes }
}
