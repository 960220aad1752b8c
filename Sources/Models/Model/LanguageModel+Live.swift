import BillhookFiles
public import BillhookTorch

extension LanguageModel {
  /// The model with some weights replaced by tensors in memory, and with low-rank updates of some;
  /// later changes to the tensors change the model.
  ///
  /// The model must not leave the thread that changes the tensors.
  ///
  /// - Parameters:
  ///   - weights: The tensors that replace weights.
  ///   - updates: The low-rank updates that are added to weights.
  ///   - isRounded: Whether changed weights are what a saved model would have: rounded to their
  ///     stored types, and +0 where a mask says so; else they are lent as they are.
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
  /// The model without the tensors that `live` replaced weights by.
  public var asStored: LanguageModel {
    (weights as? LiveWeights).map { LanguageModel(self, weights: $0.base).asStored } ?? self
  }
}
