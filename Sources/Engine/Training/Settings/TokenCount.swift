/// A number of tokens: `64_000`, `20M`, `1.5B`.
public struct TokenCount: Sendable, Equatable, Comparable {
  /// The number of tokens.
  public let count: Int

  /// Makes a number of tokens.
  public init(_ count: Int) { self.count = count }

  /// Whether one is fewer tokens than the other.
  public static func < (one: TokenCount, other: TokenCount) -> Bool { one.count < other.count }
}
