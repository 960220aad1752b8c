public import BillhookModels
import BillhookTorch

/// Learning from another model: its distribution over the next token, and its hidden states.
///
/// The loss of a token is `(1 - share) · cross entropy + share · T² · KL(teacher ‖ student)`, both
/// softened by the temperature `T` in the divergence, and for each block that both models have,
/// `hidden` times the squared distance of its output from the teacher's, relative to the square of
/// the teacher's, at the position that predicts the token.
///
/// Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, arXiv 1503.02531,
/// section 2; for hidden states, Jiao et al., TinyBERT, 2019, arXiv 1909.10351, equation 8, here
/// relative, and with blocks matched by their numbers.
public struct Distillation: TrainingObjective {
  let teacher: LanguageModel
  private let temperature: Double
  private let share: Double
  private let hidden: Double

  /// Makes the objective of learning from a teacher with the same vocabulary.
  ///
  /// - Parameters:
  ///   - teacher: The teacher.
  ///   - temperature: What logits are divided by.
  ///   - share: The weight of the divergence in the loss of a token, from 0 to 1.
  ///   - hidden: The weight of the hidden states.
  public init(
    from teacher: LanguageModel,
    temperature: Double,
    share: Double,
    hidden: Double
  ) {
    self.teacher = teacher
    self.temperature = temperature
    self.share = share
    self.hidden = hidden
  }

  var models: [LanguageModel] { [teacher] }

  /// Whether hidden states of all blocks are learnt from.
  var comparesStates: Bool { hidden > 0 }

  func prepared(for batch: TokenBatch, _ context: RunContext) throws -> any BatchObjective {
    let taught = Traversal(teacher, context)
    var sequences = Sequences(batch, context)
    var states = try sequences.embedded(by: taught)[0]
    var outputs: [Int: Tensor] = [:]
    try taught.eachBlock(parts: sequences.parts) { step in
      guard !teacher.gates.closedBlocks.contains(step.number) else { return }
      states = try sequences.run(step, states, ofBatch: 0, by: taught.decoder)
      if comparesStates { outputs[step.number] = states }
    }
    return Prepared(
      distillation: self,
      states: try states.reshaped([-1, states.shape[2]]),
      head: try LossHead(of: taught),
      outputs: outputs,
      predicts: try Self.places(of: batch)
    )
  }

  /// One where a target is predicted, zero elsewhere: `[windows, tokens, 1]`.
  private static func places(of batch: TokenBatch) throws -> Tensor {
    var values = [Float](repeating: 0, count: batch.windows.count * batch.length)
    for place in batch.predictingPlaces { values[place] = 1 }
    return try Tensor(values, shape: [batch.windows.count, batch.length, 1])
  }

  /// The teacher's outputs for a batch.
  private struct Prepared: BatchObjective {
    let distillation: Distillation
    /// The teacher's hidden states after its last block: `[windows · tokens, hidden]`.
    let states: Tensor
    let head: LossHead
    let outputs: [Int: Tensor]
    let predicts: Tensor

    func losses(_ piece: LossHead.Piece, _ logits: Tensor) throws -> Tensor {
      let (share, heat) = (distillation.share, distillation.temperature)
      let given = try withoutGradients {
        try (head.logits(states.selecting(0, piece.places)) * (1 / heat)).logSoftmax(-1)
      }
      let found = try (logits * (1 / heat)).logSoftmax(-1)
      let probabilities = try withoutGradients { try given.exp() }
      let divergence = try (probabilities * (given - found)).sum([-1])
      guard share < 1 else { return try divergence * (heat * heat) }
      let data = try logits.crossEntropy(piece.targets) * (1 - share)
      return try data + divergence * (share * heat * heat)
    }

    func loss(after block: Int, _ states: Tensor) throws -> (loss: Double, gradient: Tensor)? {
      guard let taught = outputs[block] else { return nil }
      let given = try taught.to(.float32)
      let predicts = try predicts.to(device: given.device)
      // Relative to each token's own square, so that neither the size of states nor other tokens
      // matter.
      let scale = try predicts / (given.pow(2).sum([-1]).unsqueezed(-1) + 1e-12)
      let difference = try states.to(.float32) - given
      let weighted = try difference * scale * distillation.hidden
      let loss = try (difference * weighted).sum(dtype: .float64).scalar()
      return (loss, try (weighted * 2).to(states.dtype))
    }
  }
}
