import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Mean and spread of every channel that enters a sub-layer's last projection, over all tokens.
public struct InputMoments: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "input_moments"
  /// What it measures.
  public static let summary =
    "Mean, variance and norm of the inputs of output and down projections."

  /// No settings.
  public init() {}

  /// The moments of one batch.
  public func observe(_ activations: BlockActivations) throws -> [WeightRole: Moments] {
    var found: [WeightRole: Moments] = [:]
    for role in [WeightRole.output, .down] {
      found[role] = try activations.inputs[role].map { try Moments(of: $0) }
    }
    return found
  }

  /// The moments over the tokens of both.
  public func merge(
    _ one: [WeightRole: Moments],
    _ other: [WeightRole: Moments]
  ) throws -> [WeightRole: Moments] {
    try one.merging(other) { try $0.joined(with: $1) }
  }

  /// The moments by projection.
  public func finish(_ partial: [WeightRole: Moments]) throws -> [WeightRole: Moments] { partial }
}

/// Mean and spread of some channels over tokens, in f64.
///
/// Joined as in Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
/// Sample Variances, 1979, equations 2.1: the means before and after an update are kept apart, and
/// the order does not matter.
public struct Moments: TensorBundle {
  /// The number of tokens.
  public let count: Int
  /// The mean of each channel: `[channels]`.
  public let mean: Tensor
  /// The sum of squared differences from the mean: `[channels]`.
  let deviations: Tensor

  init(count: Int, mean: Tensor, deviations: Tensor) {
    self.count = count
    self.mean = mean
    self.deviations = deviations
  }

  /// The number of tokens, and mean and deviations of each channel in f64.
  public var tensors: [String: Tensor] {
    get throws {
      ["count": try Tensor([count]), "mean": mean, "deviations": deviations]
    }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    self.init(
      count: try tensors.integer("count"),
      mean: try tensors.require("mean"),
      deviations: try tensors.require("deviations")
    )
  }

  /// The moments of inputs `[windows, tokens, channels]`.
  init(of inputs: Tensor) throws {
    let rows = try inputs.to(.float64).reshaped([-1, inputs.shape[inputs.shape.count - 1]])
    let mean = try rows.mean([0])
    self.init(
      count: rows.shape[0],
      mean: mean,
      deviations: try (rows - mean).pow(2).sum([0])
    )
  }

  func joined(with other: Moments) throws -> Moments {
    let total = count + other.count
    let difference = try other.mean - mean
    let between = Double(count) * Double(other.count) / Double(total)
    return Moments(
      count: total,
      mean: try mean + difference * (Double(other.count) / Double(total)),
      deviations: try deviations + other.deviations + difference.pow(2) * between
    )
  }

  /// The sample variance over tokens: `[channels]`.
  public func variance() throws -> Tensor { try deviations * (1 / Double(max(1, count - 1))) }

  /// The root of the sum of squares: `[channels]`.
  public func norm() throws -> Tensor {
    try (deviations + mean.pow(2) * Double(count)).pow(0.5)
  }
}

extension [WeightRole: Moments] {
  /// The moments of what enters a projection.
  ///
  /// - Throws: `EvidenceError` when the block has no such projection.
  public func require(_ role: WeightRole) throws(EvidenceError) -> Moments {
    guard let moments = self[role] else {
      throw EvidenceError(
        evidence: InputMoments().signature,
        "exists only for output and down projections, not for \(role.rawValue)"
      )
    }
    return moments
  }
}
