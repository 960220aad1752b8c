#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A loss summed over tokens, in nats and f64.
public struct TokenLoss: Sendable, Equatable {
  /// The sum of -log p over the tokens.
  public var sum: Double
  /// The number of tokens.
  public var count: Int

  /// A loss over some tokens.
  public init(sum: Double = 0, count: Int = 0) {
    self.sum = sum
    self.count = count
  }

  /// The loss of a token on average.
  public var mean: Double { sum / Double(count) }

  /// The exponential of the mean.
  public var perplexity: Double { exp(mean) }

  /// The loss over the tokens of both.
  public static func + (one: TokenLoss, other: TokenLoss) -> TokenLoss {
    TokenLoss(sum: one.sum + other.sum, count: one.count + other.count)
  }
}
