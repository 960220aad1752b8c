public import BillhookTorch

/// Dropout, which sets elements of hidden states to zero at random; the same seed drops the same
/// elements.
///
/// Source: Srivastava et al., Dropout, 2014, section 4; what is left has to be scaled in training,
/// as is usual now, by the caller.
public struct Dropout: Sendable {
  /// The probability that an element is kept, in 65,536ths.
  private let keepProbability: Int
  /// The seed of the random numbers, so that a pass can be repeated.
  private var seed: RandomSeed

  /// Drops elements with a probability below 1, rounded to 65,536ths.
  public init(probability: Double, seed: RandomSeed) {
    keepProbability = max(1, Int(((1 - probability) * 65536).rounded()))
    self.seed = seed
  }

  /// A dropout with a seed of its own for an input, named by the first of its layers.
  func derived(_ input: WeightRole) -> Dropout {
    var other = self
    other.seed = seed.derived(input.rawValue)
    return other
  }

  /// A dropout with a seed of its own for a piece of a text.
  func derived(piece number: Int) -> Dropout {
    var other = self
    other.seed = seed.derived("piece \(number)")
    return other
  }

  /// The share of elements that is kept.
  var share: Double { Double(keepProbability) / 65536 }

  /// The states with the dropped elements set to zero and the rest unscaled.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let generator = try Generator(seed: seed.value, device: states.device)
    return try states * generator.coins(keepProbability, states.shape)
  }
}
