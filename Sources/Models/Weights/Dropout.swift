public import BillhookTorch

/// Leaves out channels of single tokens at random; the same seed leaves out the same ones.
///
/// Source: Srivastava et al., Dropout, 2014, section 4; what is left is scaled in training, as is
/// usual now, by whoever uses it.
public struct Dropout: Sendable {
  /// The probability of each element to stay, in 65,536ths.
  private let keepProbability: Int
  /// Where the random numbers start, so that a pass can be repeated.
  private var seed: RandomSeed

  /// Leaves out elements with a probability below 1, rounded to 65,536ths.
  public init(probability: Double, seed: RandomSeed) {
    keepProbability = max(1, Int(((1 - probability) * 65536).rounded()))
    self.seed = seed
  }

  /// Leaves out others of each input, which the first of its layers names.
  func derived(_ input: WeightRole) -> Dropout {
    var other = self
    other.seed = seed.derived(input.rawValue)
    return other
  }

  /// Leaves out others of each piece of a text.
  func derived(piece number: Int) -> Dropout {
    var other = self
    other.seed = seed.derived("piece \(number)")
    return other
  }

  /// What is left of many elements.
  var share: Double { Double(keepProbability) / 65536 }

  /// The states without what is left out, the rest as it was.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let generator = try Generator(seed: seed.value, device: states.device)
    return try states * generator.coins(keepProbability, states.shape)
  }
}
