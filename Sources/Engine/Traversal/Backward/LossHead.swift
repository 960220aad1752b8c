import BillhookFiles
import BillhookModels
import BillhookTorch

/// The end of a model, from hidden states to losses, which never holds the logits of all tokens.
struct LossHead {
  private let decoder: Decoder
  private let weights: LentWeights
  private let rowsAtOnce: Int

  /// The number of logits that are held at once: 32 MB in f32, twice.
  private static let logitsAtOnce = 8_000_000

  /// The number of rows of logits that are held at once.
  static func rows(of vocabulary: Int) -> Int { max(1, logitsAtOnce / vocabulary) }

  /// The number of rows at once for an objective that holds so many tensors of the size of logits, where
  /// those of cross entropy fit.
  static func rows(_ most: Int, holding copies: Int) -> Int {
    max(1, most * CrossEntropy().copies / copies)
  }

  /// How many times as many rows are held where the table has gradients: each piece adds a gradient of the
  /// table's size, so pieces are fewer and larger.
  static let timesForOwnTable = 4

  /// Some of the tokens of a batch.
  struct Piece {
    /// The hidden states that predict a target: `[rows, hidden]`.
    let states: Tensor
    /// The targets: `[rows]`.
    let targets: Tensor
    /// The row of each state among those of the whole batch: `[rows]`.
    let places: Tensor
    /// Which of the batch's targets they are.
    let range: Range<Int>
  }

  /// The gradients of a summed loss.
  struct Gradients {
    /// The summed loss.
    var loss = 0.0
    /// The gradients with respect to the hidden states after the last block, in their shape.
    let states: Tensor
    /// The gradients with respect to the requested weights of the head.
    var weights: [WeightRole: Tensor] = [:]
  }

  init(of traversal: Traversal) throws {
    decoder = traversal.decoder
    weights = try traversal.model.lend(
      traversal.model.configuration.exitRoles,
      dtype: traversal.context.dtype,
      device: traversal.context.device
    )
    rowsAtOnce = Self.rows(of: traversal.model.configuration.vocabularySize)
  }

  /// The loss of a batch's targets, from its hidden states after the last block.
  ///
  /// - Parameters:
  ///   - hidden: The hidden states, `[windows, tokens, hidden]`.
  ///   - batch: The batch.
  ///   - between: Called between two pieces of the work.
  ///   - see: Called with the logits of each piece, and its place among the targets of the batch.
  /// - Returns: The summed loss.
  /// - Throws: `TorchError` from libtorch, and what the calls throw.
  func loss(
    _ hidden: Tensor,
    _ batch: TokenBatch,
    between: BetweenPieces,
    see: ((PredictingLogits) throws -> Void)? = nil
  ) throws -> TokenLoss {
    var (sum, done) = (0.0, 0)
    let pieces = try pieces(of: hidden, batch, rowsAtOnce)
    for (index, piece) in pieces.enumerated() {
      try between(Double(index) / Double(pieces.count))
      let logits = try logits(piece.states, weights)
      let losses = try logits.crossEntropy(piece.targets)
      sum += try losses.sum(dtype: .float64).scalar()
      let places = done..<done + piece.targets.elementCount
      try see?(PredictingLogits(places: places, logits: logits, targets: piece.targets))
      done = places.upperBound
    }
    return TokenLoss(sum: sum, count: batch.targetCount)
  }

  /// The loss of each of some targets, in f64, from hidden states after the last block `[rows, tokens,
  /// hidden]`; `between` is called between two pieces of the work.
  ///
  /// - Parameters:
  ///   - hidden: The hidden states.
  ///   - places: The position that predicts each target, counted through all rows.
  ///   - targets: The tokens that are predicted.
  ///   - between: Called with the share that is done.
  /// - Returns: The losses, in nats.
  /// - Throws: `TorchError` from libtorch, and what `between` throws.
  func losses(
    _ hidden: Tensor,
    at places: [Int],
    of targets: [Int],
    between: BetweenPieces
  ) throws -> [Double] {
    let rows = try hidden.reshaped([-1, hidden.shape[2]])
    var losses: [Double] = []
    for start in stride(from: 0, to: places.count, by: rowsAtOnce) {
      try between(Double(start) / Double(places.count))
      let part = start..<min(start + rowsAtOnce, places.count)
      let states = try rows.selecting(0, Tensor(Array(places[part])).to(device: hidden.device))
      let wanted = try Tensor(Array(targets[part])).to(device: hidden.device)
      losses += try logits(states, weights).crossEntropy(wanted).doubles()
    }
    return losses
  }

  /// The gradients of a batch's summed loss.
  ///
  /// The loss is summed, because the gradients of a mean are small enough to underflow in f16.
  ///
  /// - Parameters:
  ///   - hidden: The hidden states after the last block, `[windows, tokens, hidden]`.
  ///   - batch: The batch.
  ///   - roles: The weights of the head that gradients are wanted for.
  ///   - between: Called between two pieces of the work.
  ///   - objective: The loss of some logits; cross entropy by default.
  /// - Returns: The loss and its gradients.
  /// - Throws: `TorchError` from libtorch, and what `between` throws.
  func gradients(
    _ hidden: Tensor,
    _ batch: TokenBatch,
    of roles: Set<WeightRole> = [],
    between: BetweenPieces,
    objective: any BatchObjective = CrossEntropy()
  ) throws -> Gradients {
    let width = hidden.shape[2]
    var sum = Gradients(
      states: try Tensor.zeros(
        [hidden.shape[0] * hidden.shape[1], width],
        dtype: hidden.dtype,
        device: hidden.device
      )
    )
    let roles = weights.roles.filter(roles.contains)
    let mostRows = roles.isEmpty ? rowsAtOnce : Self.timesForOwnTable * rowsAtOnce
    let rowsAtOnce = Self.rows(mostRows, holding: objective.copies)
    let pieces = try pieces(of: hidden, batch, rowsAtOnce)
    for (index, piece) in pieces.enumerated() {
      try between(Double(index) / Double(pieces.count))
      let states = try piece.states.tracked()
      let leaves = try roles.map { try weights.require($0).tracked() }
      let tracked = weights.replacing(Dictionary(uniqueKeysWithValues: zip(roles, leaves)))
      let logits = try withGradients { try self.logits(states, tracked) }
      // The objective may overwrite them: no gradient needs what the last operation gave.
      let found = try objective.loss(piece, logits.detached())
      let gradients = try logits.gradients(of: [states] + leaves, upstream: found.gradient)
      try sum.states.add(gradients[0], toRows: piece.places)
      for (role, gradient) in zip(roles, gradients.dropFirst()) {
        if let known = sum.weights[role] {
          try known.add(gradient)
        } else {
          sum.weights[role] = gradient
        }
      }
      sum.loss += found.sum
    }
    return Gradients(
      loss: sum.loss,
      states: try sum.states.reshaped(hidden.shape),
      weights: sum.weights
    )
  }

  /// The logits of hidden states `[rows, hidden]`, in f32.
  func logits(_ states: Tensor) throws -> Tensor { try logits(states, weights) }

  private func logits(_ states: Tensor, _ weights: LentWeights) throws -> Tensor {
    // In f32 as in transformers, even where the model computes in a narrower type.
    try decoder.logits(states, weights).to(.float32)
  }

  /// The states that predict a target, with the targets, in pieces whose logits fit in memory.
  private func pieces(
    of hidden: Tensor,
    _ batch: TokenBatch,
    _ rowsAtOnce: Int
  ) throws -> [Piece] {
    let rows = try hidden.reshaped([-1, hidden.shape[2]])
    let places = try Tensor(batch.predictingPlaces).to(device: hidden.device)
    let targets = try Tensor(batch.targets).to(device: hidden.device)
    let count = batch.targetCount
    return try stride(from: 0, to: count, by: rowsAtOnce).map { start in
      let part = start..<min(start + rowsAtOnce, count)
      let places = try places.narrowed(0, to: part)
      return Piece(
        states: try rows.selecting(0, places),
        targets: try targets.narrowed(0, to: part),
        places: places,
        range: part
      )
    }
  }
}
