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
  ///   - isRounded: Whether changed weights are rounded to their stored types, as in a saved model.
  ///   - isMasked: Whether changed weights are +0 where a mask says so; without it they are lent as
  ///     they are, for those who keep the zeros themselves.
  /// - Returns: The model.
  public func live(
    replacing weights: [WeightID: Tensor],
    updates: [WeightID: LowRankUpdate] = [:],
    rounded isRounded: Bool = false,
    masked isMasked: Bool = true
  ) -> LanguageModel {
    let live = LiveWeights(
      base: self.weights,
      replaced: weights,
      updates: updates,
      isRounded: isRounded,
      isMasked: isMasked
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
