/// How the updates of a LoRA adapter are scaled, for PEFT's `adapter_config.json`.
public struct AdapterSettings: Sendable, Equatable {
  /// The rank of the updates.
  public let rank: Int
  /// What updates are multiplied by, times their rank or its root.
  public let alpha: Double
  /// The dropout that they were trained with.
  public let dropout: Double
  /// Whether updates are scaled by the root of the rank.
  public let usesRootOfRank: Bool

  /// Describes updates.
  public init(rank: Int, alpha: Double, dropout: Double, usesRootOfRank: Bool) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.usesRootOfRank = usesRootOfRank
  }

  /// What an update of a rank is multiplied by.
  func scale(rank: Int, alpha: Double) -> Double {
    alpha / (usesRootOfRank ? Double(rank).squareRoot() : Double(rank))
  }

  /// The alpha by which a rank that is `count` times as large has the same scale.
  func alpha(forRanks count: Int) -> Double {
    alpha * (usesRootOfRank ? Double(count).squareRoot() : Double(count))
  }
}
