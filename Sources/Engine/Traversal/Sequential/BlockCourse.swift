import BillhookFiles
import BillhookModels
import BillhookTorch

/// A block of a sequential pass, with what has been changed in it so far.
struct BlockCourse {
  /// The block as what follows sees it.
  private(set) var step: BlockStep

  private let lent: LentWeights
  private let model: LanguageModel
  private let isSeen: Bool
  private var weights: [WeightRole: Tensor] = [:]
  private var masks: [WeightRole: Tensor] = [:]
  private var quantised: [WeightRole: QuantisedMatrix] = [:]

  /// A block of a model before anything is changed; with `isSeen`, what follows sees changes at once.
  init(_ step: BlockStep, of model: LanguageModel, isSeen: Bool) {
    self.step = step
    self.model = model
    self.isSeen = isSeen
    lent = step.weights
  }

  /// Whether there are new weights or masks.
  var isChanged: Bool { !(weights.isEmpty && masks.isEmpty) }

  /// Takes a change in.
  ///
  /// - Parameters:
  ///   - change: The change, of weights as they were lent.
  ///   - changed: The changed model, whose gates close what the change switches off.
  ///   - context: The type and the device of the computation.
  /// - Returns: Whether what follows sees a difference.
  /// - Throws: `FileError` for weights that the block does not have, of other shapes, or beyond the range
  ///   of their type.
  mutating func take(
    _ change: BlockChange,
    into changed: inout LanguageModel,
    _ context: RunContext
  ) throws -> Bool {
    let new = try change.rounded(for: step, of: model)
    changed.gates.close(change.closed, inBlock: step.number)
    weights.merge(new) { $1 }
    masks.merge(change.masks) { $1 }
    quantised.merge(change.quantised) { $1 }
    guard isSeen, !(new.isEmpty && change.masks.isEmpty && change.closed == Gates()) else {
      return false
    }
    var replaced: [WeightRole: Tensor] = [:]
    for role in Set(new.keys).union(change.masks.keys) {
      let weight = try weights[role]?.to(context.dtype, device: context.device)
      let whole = try weight ?? lent.require(role)
      replaced[role] = try masks[role].map { try whole.keeping($0) } ?? whole
    }
    step = step.replacing(replaced, in: changed)
    return true
  }

  /// A model with the block's new weights and masks, which are written to a file.
  func written(to path: String, in model: LanguageModel) throws -> LanguageModel {
    try model.editing(
      ofBlock(weights.filter { quantised[$0.key] == nil }),
      masks: ofBlock(masks),
      quantised: ofBlock(quantised),
      at: path
    )
  }

  private func ofBlock<Value>(_ values: [WeightRole: Value]) -> [WeightID: Value] {
    values.reduce(into: [:]) { $0[WeightID($1.key, block: step.number)] = $1.value }
  }
}

extension BlockStep {
  /// The step with some weights replaced, and the gates of a changed model.
  fileprivate func replacing(_ new: [WeightRole: Tensor], in model: LanguageModel) -> BlockStep {
    BlockStep(shape, of: model, weights.replacing(new), pace)
  }
}

extension BlockChange {
  /// The new weights as they will be stored, or as codes stand for them.
  ///
  /// - Throws: `FileError` for a weight or mask that the block does not have, or of another shape; and for
  ///   values beyond the range of float16 where that is how a weight is stored.
  fileprivate func rounded(
    for step: BlockStep,
    of model: LanguageModel
  ) throws -> [WeightRole: Tensor] {
    let shapes =
      weights.map { ($0, $1.shape) } + masks.map { ($0, $1.shape) }
      + quantised.map { ($0, $1.shape) }
    for (role, found) in shapes {
      let expected = step.weights[role]?.shape
      guard expected == found else {
        let id = WeightID(role, block: step.number)
        let shape = expected.map { "\($0)" } ?? "none"
        throw FileError(
          model.directory.path,
          at: "\(id)",
          "expected the shape \(shape), found \(found)"
        )
      }
    }
    let values = try weights.merging(quantised.mapValues { try $0.dequantised() }) { $1 }
    return try values.reduce(into: [:]) { rounded, weight in
      let (id, mask) = (WeightID(weight.key, block: step.number), masks[weight.key])
      let value = try mask.map { try weight.value.keeping($0) } ?? weight.value
      rounded[weight.key] = try model.rounded(value, as: id)
    }
  }
}
