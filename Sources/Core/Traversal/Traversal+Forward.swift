public import BillhookModels
public import BillhookTorch

extension Traversal {
  /// The most that hidden states may take before tokens go through in several passes.
  static let stateBytes = 1 << 28

  /// The candidates that walk together at least, as all share the way up to where they part.
  private static let fewCandidates = 32

  /// Runs tokens through the model and gives the loss over all of their targets.
  public func loss(on tokens: TokenSet) throws -> TokenLoss {
    try losses(on: tokens, candidates: [model.gates])[0].reduce(TokenLoss(), +)
  }

  /// Runs tokens through the model as several candidates see it, and gives the loss of each batch
  /// for each candidate.
  ///
  /// A long text goes through in several passes, and so do many candidates, so that the hidden
  /// states of all candidates together take no more than about 256 MB, or those of one window for a
  /// few candidates where that is more.
  public func losses(
    on tokens: TokenSet,
    candidates: [Gates]
  ) throws -> [[TokenLoss]] {
    try losses(on: tokens, candidates: candidates, within: Self.stateBytes)
  }

  /// As `losses(on:candidates:)`, with another bound on the bytes of hidden states.
  func losses(
    on tokens: TokenSet,
    candidates: [Gates],
    within bytes: Int
  ) throws -> [[TokenLoss]] {
    let bytesPerToken = model.configuration.hiddenSize * context.dtype.byteCount
    let longest = tokens.windows.map(\.tokens.count).max() ?? 1
    let atOnce = Self.candidatesAtOnce(
      candidates.count,
      window: longest,
      bytesPerToken: bytesPerToken,
      within: bytes
    )
    let groups = stride(from: 0, to: max(1, candidates.count), by: atOnce).map {
      $0..<min($0 + atOnce, candidates.count)
    }
    let parts = tokens.parts(ofAtMost: bytes / (bytesPerToken * (groups[0].count + 1)))
    var losses = [[TokenLoss]](repeating: [], count: candidates.count)
    for (index, part) in parts.enumerated() {
      for (place, group) in groups.enumerated() {
        let pass = index * groups.count + place
        let traversal = Traversal(model, context.part(pass, of: parts.count * groups.count))
        let found = try traversal.forward(part, candidates: Array(candidates[group]))
        for (candidate, batches) in zip(group, found) { losses[candidate] += batches }
      }
    }
    return losses
  }

  /// The candidates that walk together: so many that one window of all of them fits, or a few.
  static func candidatesAtOnce(
    _ count: Int,
    window: Int,
    bytesPerToken: Int,
    within bytes: Int = stateBytes
  ) -> Int {
    min(max(1, count), max(fewCandidates, bytes / (bytesPerToken * max(1, window))))
  }

  /// Runs tokens through the model once, as several candidates see it.
  ///
  /// Candidates walk together: one that differs only from block 7 on shares everything before it.
  /// Memory: the hidden states of the tokens once for each candidate that is under way.
  ///
  /// - Parameters:
  ///   - tokens: What is run.
  ///   - candidates: The gates of each candidate, which take the place of the model's own.
  ///   - visit: Sees each block with the hidden states in front of and behind it, batch by batch,
  ///     of the model with its own gates.
  /// - Returns: For each candidate, the loss of each batch.
  /// - Throws: What the visitor throws, and `Cancelled`.
  public func forward(
    _ tokens: TokenSet,
    candidates: [Gates],
    visit: (BlockStep, [BlockStates]) throws -> Void = { _, _ in }
  ) throws -> [[TokenLoss]] {
    var sequences = Sequences(tokens, context)
    let embedded = try sequences.embedded(by: self)
    // A path is where gates lead that agreed so far; all start on one, the first is the model's.
    var paths = [Path(gates: model.gates, candidates: [], states: embedded)]
    for (index, gates) in candidates.enumerated() {
      if let same = paths.firstIndex(where: { $0.gates == gates }) {
        paths[same].candidates.append(index)
      } else {
        paths.append(Path(gates: gates, candidates: [index], states: nil))
      }
    }
    try eachBlock { step in
      let start = paths[0].states ?? embedded
      for index in paths.indices where paths[index].states == nil {
        if paths[index].gates.differs(from: model.gates, at: step.number) {
          paths[index].states = start
        }
      }
      for index in paths.indices {
        guard let states = paths[index].states,
          !paths[index].gates.closedBlocks.contains(step.number)
        else { continue }
        let closed = model.closedParts(of: step.shape, by: paths[index].gates)
        paths[index].states = try states.map {
          try sequences.run(step, $0, by: decoder, closed: closed)
        }
      }
      try visit(step, zip(start, paths[0].states ?? start).map(BlockStates.init))
    }
    let head = try LossHead(of: self)
    var losses = [[TokenLoss]](repeating: [], count: candidates.count)
    for path in paths where !path.candidates.isEmpty {
      let states = path.states ?? paths[0].states ?? embedded
      let found = try zip(states, sequences.batches).map { try head.loss($0, $1) }
      for candidate in path.candidates { losses[candidate] = found }
    }
    return losses
  }

  /// The logits of every position of some windows of one length: `[windows, tokens, vocabulary]`.
  ///
  /// Meant for checks: all logits are held at once.
  public func logits(of windows: [[Int]]) throws -> Tensor {
    var sequences = Sequences(TokenBatch(windows: windows.map { TokenWindow($0) }))
    var states = try sequences.embedded(by: self)
    try eachBlock { step in
      guard !model.gates.closedBlocks.contains(step.number) else { return }
      states = try states.map { try sequences.run(step, $0, by: decoder) }
    }
    let weights = try model.lend(
      model.configuration.exitRoles,
      dtype: context.dtype,
      device: context.device
    )
    return try Tensor.joined(states.map { try decoder.logits($0, weights) }, along: 0)
  }
}

/// The hidden states of one batch around a block: `[windows, tokens, hidden]`.
public struct BlockStates {
  /// In front of the block.
  public let input: Tensor
  /// Behind the block.
  public let output: Tensor
}

/// One way through a model, taken by one or several candidates.
private struct Path {
  let gates: Gates
  var candidates: [Int]
  /// The hidden states; nil as long as they are those of the model's own path.
  var states: [Tensor]?
}
