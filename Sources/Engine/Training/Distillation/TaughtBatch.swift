import BillhookModels
import BillhookTorch

/// What is learnt from one batch of a teacher that runs beside the student.
struct TaughtBatch: BatchObjective {
  private let distillation: Distillation
  /// The teacher's hidden states after its last block: `[windows · tokens, hidden]`.
  private let states: Tensor
  private let head: LossHead
  /// Its hidden states after blocks, by their numbers.
  private let outputs: [Int: Tensor]
  /// One where a target is predicted, zero elsewhere: `[windows, tokens, 1]`.
  private let predicts: Tensor

  /// Runs the teacher.
  init(
    _ batch: TokenBatch,
    by teacher: LanguageModel,
    _ distillation: Distillation,
    _ context: RunContext
  ) throws {
    let taught = Traversal(teacher, context)
    var sequences = Sequences(batch, context)
    var states = try sequences.embedded(by: taught)[0]
    var outputs: [Int: Tensor] = [:]
    try taught.eachBlock(parts: sequences.parts) { step in
      guard !teacher.gates.closedBlocks.contains(step.number) else { return }
      states = try sequences.run(step, states, ofBatch: 0, by: taught.decoder)
      if distillation.comparesStates { outputs[step.number] = states }
    }
    self.distillation = distillation
    self.states = try states.reshaped([-1, states.shape[2]])
    self.outputs = outputs
    head = try LossHead(of: taught)
    predicts = try Self.places(of: batch)
  }

  private static func places(of batch: TokenBatch) throws -> Tensor {
    var values = [Float](repeating: 0, count: batch.windows.count * batch.length)
    for place in batch.predictingPlaces { values[place] = 1 }
    return try Tensor(values, shape: [batch.windows.count, batch.length, 1])
  }

  var copies: Int { distillation.copies }

  func loss(_ piece: LossHead.Piece, _ logits: Tensor) throws -> (sum: Double, gradient: Tensor) {
    try distillation.loss(of: piece.targets, logits) {
      try head.logits(states.selecting(0, piece.places))
    }
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
