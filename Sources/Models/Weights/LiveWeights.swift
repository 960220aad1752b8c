public import BillhookTorch

/// A weight source in which some weights are tensors in memory that change while a model is trained.
///
/// Unchecked, because tensors are shared with who changes them: the model stays on the thread of
/// the training, and is let go with it.
struct LiveWeights: WeightSource, @unchecked Sendable {
  let base: any WeightSource
  let replaced: [WeightID: Tensor]
  let updates: [WeightID: LowRankUpdate]
  let isRounded: Bool

  func stored(_ weight: WeightID) throws -> Tensor {
    let matrix = try replaced[weight] ?? base.stored(weight)
    let live = try updates[weight]?.merged(into: matrix) ?? matrix
    return isRounded ? try live.to(base.storedType(weight)) : live
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    replaced[weight] == nil ? base.places(of: weight) : []
  }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}

extension LanguageModel {
  /// The model as it computes with other tensors in the place of some weights, and with low-rank
  /// updates of some; later changes to the tensors are changes to the model.
  ///
  /// The model must not leave the thread that changes the tensors.
  ///
  /// - Parameters:
  ///   - weights: The tensors that stand for weights.
  ///   - updates: What is added to weights.
  ///   - isRounded: Whether the changed weights are rounded to the types that they are stored in,
  ///     as a saved model has them.
  /// - Returns: The model.
  public func live(
    replacing weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:],
    rounded isRounded: Bool = false
  ) -> LanguageModel {
    let live = LiveWeights(
      base: self.weights,
      replaced: weights,
      updates: updates,
      isRounded: isRounded
    )
    return LanguageModel(self, weights: live)
  }
}

extension LanguageModel {
  /// The model without tensors that `live` put in the place of its weights.
  public var asStored: LanguageModel {
    (weights as? LiveWeights).map { LanguageModel(self, weights: $0.base).asStored } ?? self
  }
}
