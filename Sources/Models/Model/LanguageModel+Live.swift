import BillhookFiles
public import BillhookTorch

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
