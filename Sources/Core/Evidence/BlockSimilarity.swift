import BillhookEngine
public import BillhookTorch

/// How far blocks and their sub-layers turn hidden states: the mean cosine between what enters and
/// what leaves, over all tokens.
public struct BlockSimilarity: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "block_similarity"
  /// What it measures.
  public static let summary = "The cosine between the hidden states before and after a block."

  /// No settings.
  public init() {}

  /// Cosines summed over tokens.
  public struct Sums: Sendable, Equatable, TensorBundle {
    var block: Double
    var attention: Double
    var mlp: Double
    var count: Int

    init(block: Double, attention: Double, mlp: Double, count: Int) {
      self.block = block
      self.attention = attention
      self.mlp = mlp
      self.count = count
    }

    /// The sums in f64, and the number of tokens.
    public var tensors: [String: Tensor] {
      get throws {
        [
          "block": try Tensor([block]), "attention": try Tensor([attention]),
          "mlp": try Tensor([mlp]), "count": try Tensor([count]),
        ]
      }
    }

    /// Restores what `tensors` gave.
    public init(tensors: [String: Tensor]) throws {
      block = try tensors.number("block")
      attention = try tensors.number("attention")
      mlp = try tensors.number("mlp")
      count = try tensors.integer("count")
    }

    /// The mean cosine around a block or one of its sub-layers.
    public func mean(around granularity: UnitGranularity) -> Double {
      let sum =
        switch granularity {
        case .attention, .heads: attention
        case .mlp, .channels: mlp
        case .block, .weight: block
        }
      return sum / Double(count)
    }
  }

  /// The cosines of one batch.
  public func observe(_ activations: BlockActivations) throws -> Sums {
    let (start, middle, end) = (activations.entering, activations.between, activations.leaving)
    return Sums(
      block: try Self.cosines(start, end),
      attention: try Self.cosines(start, middle),
      mlp: try Self.cosines(middle, end),
      count: start.shape[0] * start.shape[1]
    )
  }

  /// The sums over the tokens of both.
  public func merge(_ one: Sums, _ other: Sums) throws -> Sums {
    Sums(
      block: one.block + other.block,
      attention: one.attention + other.attention,
      mlp: one.mlp + other.mlp,
      count: one.count + other.count
    )
  }

  /// The sums themselves; `mean` divides them.
  public func finish(_ partial: Sums) throws -> Sums { partial }

  /// The cosine of each token's pair of states, one after the other, summed.
  private static func cosines(_ one: Tensor, _ other: Tensor) throws -> Double {
    let (one, other) = (try one.to(.float32), try other.to(.float32))
    let product = try (one * other).sum([-1], dtype: .float64)
    let squares =
      try one.pow(2).sum([-1], dtype: .float64) * other.pow(2).sum([-1], dtype: .float64)
    // Divided by infinity, any product would look like no similarity at all.
    guard try squares.allFinite() else { return .nan }
    // A state of zeros has no direction; it counts as turned by a right angle.
    return try (product * (squares + 1e-60).pow(-0.5)).sum().scalar()
  }
}
