import BillhookTorch

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

  /// Makes a loss over some tokens.
  public init(sum: Double = 0, count: Int = 0) {
    self.sum = sum
    self.count = count
  }

  /// The mean loss of a token.
  public var mean: Double { sum / Double(count) }

  /// The exponential of the mean.
  public var perplexity: Double { exp(mean) }

  /// The loss over the tokens of both.
  public static func + (one: TokenLoss, other: TokenLoss) -> TokenLoss {
    TokenLoss(sum: one.sum + other.sum, count: one.count + other.count)
  }
}

extension [TokenLoss] {
  /// The losses by a name, as a checkpoint stores them: sums in f64, and counts.
  func named(_ name: String) throws -> [String: Tensor] {
    ["\(name)/sums": try Tensor(map(\.sum)), "\(name)/counts": try Tensor(map(\.count))]
  }

  /// Reads the losses that a checkpoint has by a name; empty where it has none.
  init(named name: String, in tensors: [String: Tensor]) throws {
    let sums = try tensors["\(name)/sums"]?.doubles() ?? []
    let counts = try tensors["\(name)/counts"]?.integers() ?? []
    self = zip(sums, counts).map { TokenLoss(sum: $0, count: $1) }
  }
}
