import BillhookCore

/// How much of what leaves a block, or one of its sub-layers, was added there.
///
/// x is a token's hidden state before it and x + f(x) the one after it: the mean over tokens of
/// ‖f(x)‖ / ‖x + f(x)‖.
struct AddedShare: ActivationEvidence {
  static let name = "added_share"
  static let summary = "How much of the hidden states a block or a sub-layer adds itself."

  /// Shares summed over tokens, of the block and of its sub-layers.
  struct Sums: TensorBundle {
    var shares: [UnitGranularity: Double]
    var tokens: Int

    init(shares: [UnitGranularity: Double], tokens: Int) {
      self.shares = shares
      self.tokens = tokens
    }

    /// The shares by what they are of, and the number of tokens.
    var tensors: [String: Tensor] {
      get throws { try shares.tensors.merging(["tokens": Tensor([tokens])]) { $1 } }
    }

    /// Restores what `tensors` gave.
    init(tensors: [String: Tensor]) throws {
      tokens = try tensors.integer("tokens")
      shares = try Dictionary(tensors: tensors.filter { $0.key != "tokens" })
    }
  }

  /// The shares of one batch.
  func observe(_ batch: BlockActivations) throws -> Sums {
    try Sums(
      shares: [
        .block: Self.sum(from: batch.entering, to: batch.leaving),
        .attention: Self.sum(from: batch.entering, to: batch.between),
        .mlp: Self.sum(from: batch.between, to: batch.leaving),
      ],
      tokens: batch.entering.shape[0] * batch.entering.shape[1]
    )
  }

  /// The shares over the tokens of both.
  func merge(_ one: Sums, _ other: Sums) -> Sums {
    Sums(
      shares: one.shares.merging(other.shares, uniquingKeysWith: +),
      tokens: one.tokens + other.tokens
    )
  }

  /// The mean shares.
  func finish(_ sums: Sums) -> [UnitGranularity: Double] {
    sums.shares.mapValues { $0 / Double(sums.tokens) }
  }

  private static func sum(from x: Tensor, to y: Tensor) throws -> Double {
    let (x, y) = (try x.to(.float64), try y.to(.float64))
    let (added, all) = (try (y - x).pow(2).sum([-1]), try y.pow(2).sum([-1]))
    return try (added / all).pow(0.5).sum().scalar()
  }
}
