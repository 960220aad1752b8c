public import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// The norm of every channel that enters a projection, over all tokens.
public struct InputNorms: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "input_norms"
  /// What it measures.
  public static let summary = "The norm of each input of the projections, over all tokens."

  /// No settings.
  public init() {}

  /// The sums of squares of one batch, for each projection whose inputs are shown.
  ///
  /// Squares are summed in f32 inside a batch, and in f64 over batches.
  public func observe(_ activations: BlockActivations) throws -> [WeightRole: InputSquares] {
    try activations.inputs.mapValues { inputs in
      let rows = try inputs.reshaped([-1, inputs.shape.last ?? 0])
      return InputSquares(sums: try rows.to(.float32).pow(2).sum([0]).to(.float64))
    }
  }

  /// The sums over the tokens of both.
  public func merge(
    _ one: [WeightRole: InputSquares],
    _ other: [WeightRole: InputSquares]
  ) throws -> [WeightRole: InputSquares] {
    try one.merging(other) { InputSquares(sums: try $0.sums + $1.sums) }
  }

  /// The norms by projection.
  public func finish(_ partial: [WeightRole: InputSquares]) throws -> InputNorms.Norms {
    Norms(bySite: try partial.mapValues { try $0.sums.pow(0.5) })
  }

  /// The norms of the inputs of a block's projections.
  public struct Norms {
    private let bySite: [WeightRole: Tensor]

    init(bySite: [WeightRole: Tensor]) { self.bySite = bySite }

    /// The norm of each input of a projection: `[in]` in f64.
    ///
    /// - Throws: `EvidenceError` when the inputs of the projection were not shown.
    public func require(_ role: WeightRole) throws(EvidenceError) -> Tensor {
      guard let norms = bySite[role.input] else {
        throw EvidenceError(
          evidence: InputNorms().signature,
          "was not gathered for the inputs of \(role.rawValue)"
        )
      }
      return norms
    }
  }
}

/// The sums of squares of the inputs of a projection.
public struct InputSquares: TensorBundle {
  /// The sum over tokens for each input: `[in]` in f64.
  let sums: Tensor

  init(sums: Tensor) { self.sums = sums }

  /// The sums.
  public var tensors: [String: Tensor] { ["sums": sums] }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    self.init(sums: try tensors.require("sums"))
  }
}
