import BillhookEngine
import BillhookModels
import BillhookTorch

/// The weights of the current block, and what was made of them for units of other kinds.
final class BlockWeights {
  private let step: BlockStep
  private let model: LanguageModel
  private let context: RunContext
  private var found: [WeightRole: Tensor] = [:]

  init(_ step: BlockStep, _ model: LanguageModel, _ context: RunContext) {
    self.step = step
    self.model = model
    self.context = context
  }

  /// What `make` makes of a weight, computed once.
  ///
  /// The weight is in f32 whatever the recipe computes in, since squares and products of small
  /// numbers vanish in shorter types.
  func known(_ id: WeightID, _ make: (Tensor) throws -> Tensor) throws -> Tensor {
    if let known = found[id.role] { return known }
    let weight =
      context.dtype == .float32
      ? try step.weights.require(id.role)
      : try model.weights.tensor(id, dtype: .float32, device: context.device)
    let made = try make(weight)
    found[id.role] = made
    return made
  }
}
