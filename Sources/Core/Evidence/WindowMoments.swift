public import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// The sum of every channel that enters a projection over the tokens of a window, and its spread inside a
/// window, both as means over windows.
///
/// Sums of one window are f64, so they depend on no batch.
public struct WindowMoments: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "window_moments"
  /// What it measures.
  public static let summary = "Sums and spread of each input of the projections inside a window."

  /// No settings.
  public init() {}

  /// The sums of one batch, for each projection whose inputs are shown.
  public func observe(_ activations: BlockActivations) throws -> [WeightRole: WindowSums] {
    try activations.inputs.mapValues { inputs in
      let (windows, tokens) = (inputs.shape[0], inputs.shape[1])
      let values = try inputs.to(.float64)
      let sums = try values.sum([1])
      let differences = try values - (sums * (1 / Double(tokens))).unsqueezed(1)
      return WindowSums(
        windows: windows,
        tokens: windows * tokens,
        sums: try sums.sum([0]),
        deviations: try differences.pow(2).sum([0, 1])
      )
    }
  }

  /// The sums over the windows of both.
  public func merge(
    _ one: [WeightRole: WindowSums],
    _ other: [WeightRole: WindowSums]
  ) throws -> [WeightRole: WindowSums] {
    try one.merging(other) { one, other in
      WindowSums(
        windows: one.windows + other.windows,
        tokens: one.tokens + other.tokens,
        sums: try one.sums + other.sums,
        deviations: try one.deviations + other.deviations
      )
    }
  }

  /// The sums by projection.
  public func finish(_ partial: [WeightRole: WindowSums]) throws -> [WeightRole: WindowSums] {
    partial
  }
}

/// What the inputs of a projection add up to inside windows.
public struct WindowSums: TensorBundle {
  /// The number of windows, and of their tokens.
  let windows: Int
  let tokens: Int
  /// The sum over all tokens of all windows: `[in]` in f64.
  let sums: Tensor
  /// The sum of squared differences from the mean of a token's own window: `[in]` in f64.
  let deviations: Tensor

  init(windows: Int, tokens: Int, sums: Tensor, deviations: Tensor) {
    self.windows = windows
    self.tokens = tokens
    self.sums = sums
    self.deviations = deviations
  }

  /// The counts, and both sums.
  public var tensors: [String: Tensor] {
    get throws {
      [
        "windows": try Tensor([windows]), "tokens": try Tensor([tokens]), "sums": sums,
        "deviations": deviations,
      ]
    }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    self.init(
      windows: try tensors.integer("windows"),
      tokens: try tensors.integer("tokens"),
      sums: try tensors.require("sums"),
      deviations: try tensors.require("deviations")
    )
  }

  /// The sum over the tokens of a window, as a mean over windows: `[in]` in f64.
  public func meanSum() throws -> Tensor { try sums * (1 / Double(max(1, windows))) }

  /// The variance of the tokens of a window, as a mean over windows in proportion to their tokens:
  /// `[in]` in f64.
  public func meanVariance() throws -> Tensor { try deviations * (1 / Double(max(1, tokens))) }
}

extension [WeightRole: WindowSums] {
  /// The sums of what enters a projection.
  ///
  /// - Throws: `EvidenceError` when the inputs of that projection were not shown.
  public func require(_ role: WeightRole) throws(EvidenceError) -> WindowSums {
    guard let sums = self[role.input] else {
      throw EvidenceError(
        evidence: WindowMoments().signature,
        "was not gathered for the inputs of \(role.rawValue)"
      )
    }
    return sums
  }
}
