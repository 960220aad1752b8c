public import BillhookTorch

/// A weight source in which some weights are tensors in memory that change while a model is trained.
///
/// Unchecked, because tensors are shared with who changes them: the model stays on the thread of
/// the training, and is let go with it.
struct LiveWeights: WeightSource, @unchecked Sendable {
  let base: any WeightSource
  let replaced: [WeightID: Tensor]
  let updates: [WeightID: LowRankUpdate]

  func stored(_ weight: WeightID) throws -> Tensor {
    let matrix = try replaced[weight] ?? base.stored(weight)
    return try updates[weight]?.merged(into: matrix) ?? matrix
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
  public func live(
    replacing weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:]
  ) -> LanguageModel {
    let live = LiveWeights(base: self.weights, replaced: weights, updates: updates)
    return LanguageModel(self, weights: live)
  }
}
