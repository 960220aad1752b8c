import BillhookEngine
package import BillhookModels

extension ProportionalAllocation {
  /// Why what it asks for cannot be measured; nil where it can.
  package var obstacle: String? {
    guard let other = evidence.first(where: { !($0 is any ActivationEvidence) }) else { return nil }
    return
      "asks for `\(type(of: other).name)`, but the share of a block can only depend on what runs "
      + "through blocks: evidence that is an ActivationEvidence"
  }

  /// Measures what the allocation has to know of a model, and asks it for the shares.
  ///
  /// - Parameters:
  ///   - model: The model before anything goes.
  ///   - count: The number of blocks of the model as it was opened.
  ///   - tokens: The calibration set.
  ///   - context: Where it runs.
  ///   - folder: What a later call for the same goes on from; nil where nothing is kept.
  /// - Returns: A finite number of at least 0 for each block of the opened model.
  /// - Throws: `BudgetError` for shares that cannot be used, what the evidence throws, and `Cancelled`.
  package func measuredShares(
    of model: LanguageModel,
    ofBlocks count: Int,
    on tokens: TokenSet,
    _ context: RunContext,
    in folder: PassFolder? = nil
  ) throws -> [Double] {
    if let obstacle { throw BudgetError("\(label): \(obstacle)") }
    let pass = EvidencePass(
      evidence,
      for: "the allocation `\(signature)`",
      of: model,
      on: tokens,
      context,
      in: folder
    )
    let statistics = try pass.ofBlocks()
    do {
      return try checkedShares(ofBlocks: count, statistics)
    } catch {
      // Before the allocation is blamed for shares that are no numbers.
      try model.requireFiniteWeights()
      throw error
    }
  }
}
