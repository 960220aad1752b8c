import BillhookCore

/// Sparse models: what becomes of their zeros.
extension LoRA {
  /// The dropout of a training of this model.
  func dropout(on model: LanguageModel) -> Double {
    dropout ?? (masksUpdates && updatesSparseWeights(of: model) ? 0 : 0.05)
  }

  /// Checks the settings against the masks of a model.
  ///
  /// - Throws: `ParameterProblem` for what masked updates cannot have, and for `merge = none` on a model
  ///   whose zeros nobody holds.
  func validateMasks(of model: LanguageModel) throws(ParameterProblem) {
    guard updatesSparseWeights(of: model) else {
      guard merge == .none else { return }
      throw ParameterProblem(
        "merge",
        "`none` is for updates of sparse weights, and none of the `targets` is sparse; leave it out: "
          + "`adapter` writes the updates beside the merged model"
      )
    }
    guard masksUpdates else { return }
    if let dropout, dropout > 0 {
      throw ParameterProblem(
        "dropout",
        "\(dropout) of a sparse model: a masked update has no input of its own that dropout could "
          + "thin; leave it out, or set `merge = none`"
      )
    }
    if adapter != nil {
      throw ParameterProblem(
        "adapter",
        "the updates of a sparse model are masked when they are merged, which an adapter cannot say: "
          + "in other programs it would fill the zeros; leave it out and save the model, or set "
          + "`merge = none`"
      )
    }
  }

  func obstacleToSaving(_ model: LanguageModel) -> String? {
    guard merge == .none, let path = adapter?.path, updatesSparseWeights(of: model) else {
      return nil
    }
    return "`recover lora` with `merge = none` leaves updates that would fill the zeros of the "
      + "sparse model, so there is no model to save after it; save the model before it: the adapter "
      + "for it is in \(path)"
  }

  /// Whether a weight that has a mask is updated.
  private func updatesSparseWeights(of model: LanguageModel) -> Bool {
    // Masks that cannot be read are an error when weights are lent.
    guard let masked = try? model.maskedProjections() else { return false }
    return targets.contains { target in masked.contains { $0.role == target.role } }
  }
}
