public import BillhookFiles

/// The name of data that the recipe describes: `wiki`.
public struct DataName: ParameterValue, Equatable {
  /// The name.
  public let name: String

  /// Names data.
  public init(_ name: String) { self.name = name }

  /// Names without quotes.
  public static var expectation: String { "the name of data" }

  /// Reads a word.
  public init?(_ literal: Literal) {
    guard case .word(let name) = literal else { return nil }
    self.name = name
  }

  /// The name.
  public var literalText: String { name }

  /// The name.
  public var keyPart: JSON { .string(name) }
}
