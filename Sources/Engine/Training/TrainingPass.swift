import BillhookModels
import BillhookTorch

/// A forward and backward pass over one batch, which accumulates the gradients of the trained
/// tensors.
struct TrainingPass {
  private let trainee: any Trainee
  private let objective: any TrainingObjective
  private let context: RunContext
  private let keeping: KeptOfBlocks
  /// The blocks that the backward pass goes through: from the first with a trained tensor to the
  /// last.
  private let blocks: ArraySlice<BlockShape>
  private let embedding: TrainedTensor?
  private let exit: [WeightRole: TrainedTensor]

  init(
    _ trainee: any Trainee,
    _ objective: any TrainingObjective,
    keeping: KeptOfBlocks,
    _ context: RunContext
  ) {
    self.trainee = trainee
    self.objective = objective
    self.keeping = keeping
    self.context = context
    let model = trainee.running
    let own = trainee.tensors.filter { $0.weight.block == nil && $0.part == .whole }
    let table = own.first { $0.weight.role == .embedding }
    embedding = table
    exit = Dictionary(
      uniqueKeysWithValues: own.filter { model.configuration.exitRoles.contains($0.weight.role) }
        .map { ($0.weight.role, $0) }
    )
    let trained = Set(trainee.tensors.compactMap(\.weight.block))
    let first = model.blocks.firstIndex { table != nil || trained.contains($0.sourceIndex) }
    blocks = model.blocks[(first ?? model.blocks.endIndex)...]
  }

  /// Adds the gradients of a batch's summed loss.
  ///
  /// - Parameters:
  ///   - batch: The batch.
  ///   - gates: What the pass runs without.
  ///   - seed: The seed of the pass's random numbers.
  /// - Returns: The summed loss.
  /// - Throws: `TorchError` from libtorch, and `Cancelled`.
  func run(_ batch: TokenBatch, closing gates: Gates = Gates(), seed: RandomSeed) throws -> Double {
    let traversal = Traversal(trainee.running.closing(gates), context)
    let objective = try objective.prepared(for: batch, context)
    var sequences = Sequences(batch, context)
    var owners: [Int: [TrainedTensor]] = [:]
    var loss = 0.0
    let entering = try traversal.backward(
      &sequences,
      from: sequences.embedded(by: traversal),
      keeping: keeping,
      blocks: blocks,
      reachesInput: embedding != nil,
      track: { step, _ in
        let tracked = try trainee.track(step.weights, seed: seed)
        // The weights of a closed sub-layer take no part in the pass, and have no gradient.
        let leaves = tracked.leaves.filter { leaf in
          !(leaf.tensor.weight.role.isOfAttention ? step.closed.attention : step.closed.mlp)
        }
        owners[step.number] = leaves.map(\.tensor)
        return TrackedWeights(weights: tracked.weights, leaves: leaves.map(\.leaf))
      },
      upstream: { states, between in
        let head = try LossHead(of: traversal)
        let found = try head.gradients(
          states[0],
          batch,
          of: Set(exit.keys),
          between: between,
          objective: objective
        )
        loss += found.loss
        for (role, gradient) in found.weights { try exit[role]?.add(gradient: gradient) }
        return [found.states]
      },
      output: { step, _, states in
        guard let found = try objective.loss(after: step.number, states) else { return nil }
        loss += found.loss
        return found.gradient
      },
      visit: { step, _, gradients in
        for (tensor, gradient) in zip(owners[step.number] ?? [], gradients) {
          try tensor.add(gradient: gradient)
        }
      }
    )
    if let embedding { try add(entering[0], of: batch, to: embedding) }
    return loss
  }

  /// Adds the gradient of the embedding: each row of the table gets the gradients of all positions
  /// with its token.
  private func add(_ gradient: Tensor, of batch: TokenBatch, to table: TrainedTensor) throws {
    let scale = trainee.running.configuration.embeddingScale ?? 1
    let rows = try gradient.to(.float32).reshaped([-1, gradient.shape[2]]) * scale
    if table.gradient == nil {
      try table.add(gradient: Tensor.zeros(table.value.shape, device: table.value.device))
    }
    try table.gradient?.add(rows, toRows: Tensor(batch.ids).to(device: rows.device))
  }
}
