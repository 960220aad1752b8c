import BillhookCore

/// What a step of low-rank updates says of the weights: the first term of a Taylor series by an estimate
/// of their gradients.
///
/// Source: Zhang et al., LoRAPrune, 2023, arXiv 2305.18403, section 3.2.
struct LoRATaylor: UpdateCriterion {
  static let name = "lora_taylor"
  static let summary = "LoRAPrune: importance by the gradients of low-rank updates, as they train."

  static let reference: Reference? = Reference(
    formula: """
      Ĝ = gB·A + B·gA - gB·gA,  I = |Ĝ ∘ (W + c·B·A)|
      s_new = Σ_projections  n / (‖n‖ + 1e-8),  n_unit = Σ_unit I
      s = decay · s + (1 - decay) · s_new,  s = 0 before the first step

      A, B: the update of W in this step of the training, c its scale alpha / rank
      gA, gB: their gradients, after clipping
      Ĝ: what B·A loses by one step of gradient descent at a learning rate of 1,
         which stands for the gradient of W
      ‖n‖: over the units of a block

      A step with a value that is not finite does not count.
      """,
    papers: [.loraPrune.part("section 3.2")],
    differences: [
      "The paper squares the product, the authors' code takes its absolute value; here as in the code.",
      "The code counts 32 heads whatever the model has, so that with grouped queries key and value fall "
        + "into parts that are no heads. Here a unit is a KV group with its query heads.",
      "In the code the last cut comes just before the ratio is reached, and less goes than was asked for. "
        + "Here exactly the amount goes, when the ramp of `gradual` ends.",
      "In the code each block loses at every cut the whole part of r(t) times its units. Here it loses the "
        + "whole part of r(t) / r of what it loses in the end, which is the same where that is r times its "
        + "units.",
    ]
  )

  /// How much of the running mean is left after a step.
  var decay = 0.9

  static let parameters = [
    Parameter<LoRATaylor>(
      "decay",
      \.decay,
      in: 0...0.9999,
      help: "how much of the running mean of the scores is left after a step"
    )
  ]

  /// What lies inside a sub-layer: a block has only one unit of the others, whose norm is the unit's own.
  var granularities: Set<UnitGranularity> { [.heads, .channels] }

  var reduction: SaliencyReduction { SaliencyReduction(kinds: [.projection], normalised: true) }

  func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
    try (update.estimatedGradient * weight).abs()
  }
}

extension UpdateGradients {
  /// What the product of the matrices loses by a step of gradient descent at a learning rate of 1, which
  /// stands for the gradient of the weight.
  var estimatedGradient: Tensor {
    get throws {
      // (B - gB)·(A - gA) = B·A - gB·A - (B - gB)·gA
      try upGradient.matmul(down) + (up - upGradient).matmul(downGradient)
    }
  }
}
