import BillhookModels
public import BillhookTorch

/// The logits that predict some of the targets of a token set.
public struct PredictingLogits {
  /// The places of the targets among all of the set, in the order of its windows.
  public let places: Range<Int>
  /// The logits, `[targets, vocabulary]` in f32.
  public let logits: Tensor
  /// The ids of the targets, `[targets]`.
  public let targets: Tensor

  /// The same, where so many targets come before.
  func moved(by count: Int) -> PredictingLogits {
    PredictingLogits(
      places: places.lowerBound + count..<places.upperBound + count,
      logits: logits,
      targets: targets
    )
  }
}

extension Traversal {
  /// Runs tokens through the model once, and shows the logits that predict each target, in the order
  /// of the targets; the logits of all tokens are never held.
  ///
  /// - Parameters:
  ///   - tokens: The tokens.
  ///   - see: Is shown some logits.
  /// - Returns: The loss over all targets.
  /// - Throws: What `see` throws, and `Cancelled`.
  @discardableResult
  public func predict(
    _ tokens: TokenSet,
    _ see: @escaping (PredictingLogits) throws -> Void
  ) throws -> TokenLoss {
    try predict(tokens, checkpoint: nil, see)
  }

  /// The same, resumed at a checkpoint; then the logits of the batch that was under way are shown again.
  @discardableResult
  package func predict(
    _ tokens: TokenSet,
    checkpoint: PassCheckpoint?,
    _ see: @escaping (PredictingLogits) throws -> Void
  ) throws -> TokenLoss {
    let losses = try forward(
      tokens,
      candidates: [model.gates],
      tree: nil,
      checkpoint: checkpoint,
      see: see
    )
    return losses[0].reduce(TokenLoss(), +)
  }

  /// Shows the logits that predict this process's part of the targets, in their order, where several
  /// processes share the work; each of them has to ask, and is shown another part.
  ///
  /// - Parameters:
  ///   - tokens: The tokens, the same in all processes.
  ///   - see: Is shown some logits, with their places among all targets.
  /// - Throws: What `see` throws, and `Cancelled`.
  package func predictOwnPart(
    of tokens: TokenSet,
    _ see: @escaping (PredictingLogits) throws -> Void
  ) throws {
    let own = Sequences(dealt: tokens, context)
    guard !own.batches.isEmpty else { return }
    let all = Sequences.batches(of: tokens, context)
    let before = all[..<context.processes.part(of: all.count).lowerBound]
      .reduce(0) { $0 + $1.targetCount }
    _ = try forward(
      own,
      of: tokens,
      candidates: [model.gates],
      tree: nil,
      alsoOwn: false,
      isApart: false,
      see: { try see($0.moved(by: before)) }
    )
  }
}
