/// How the updates of a LoRA adapter are scaled, for PEFT's `adapter_config.json`.
public struct AdapterSettings: Sendable, Equatable {
  /// The rank of the updates.
  public let rank: Int
  /// LoRA's alpha: the factor of the updates, times their rank or its square root.
  public let alpha: Double
  /// The dropout that the updates were trained with.
  public let dropout: Double
  /// Whether updates are scaled by the square root of the rank.
  public let usesRootOfRank: Bool

  /// Makes settings.
  public init(rank: Int, alpha: Double, dropout: Double, usesRootOfRank: Bool) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.usesRootOfRank = usesRootOfRank
  }

  /// The factor of an update of a given rank.
  func scale(rank: Int, alpha: Double) -> Double {
    alpha / (usesRootOfRank ? Double(rank).squareRoot() : Double(rank))
  }

  /// The alpha that gives a rank `count` times as large the same scale.
  func alpha(forRanks count: Int) -> Double {
    alpha * (usesRootOfRank ? Double(count).squareRoot() : Double(count))
  }
}
