import BillhookEngine
import BillhookModels
import BillhookTorch

/// Asks a criterion for scores in a step of a training: by the gradients of low-rank updates, by those of
/// the weights, or by the weights as they are.
struct TrainingScores {
  /// How much of the running mean of LoRAPrune is left after a step.
  private static let usualDecay = 0.9

  /// What is asked of the criterion.
  private enum Form {
    case updates(any UpdateCriterion)
    case weights(any SaliencyCriterion)
  }

  let criterion: any Criterion
  private let form: Form

  /// - Throws: `ScoreError` for a criterion that is for no training.
  init(_ criterion: any Criterion) throws(ScoreError) {
    self.criterion = criterion
    if let criterion = criterion as? any UpdateCriterion {
      form = .updates(criterion)
    } else if let criterion = criterion as? any SaliencyCriterion {
      form = .weights(criterion)
    } else {
      throw ScoreError(
        criterion.signature,
        "has no value for each weight that a training could give it"
      )
    }
  }

  var reduction: SaliencyReduction {
    switch form {
    case .updates(let criterion): criterion.reduction
    case .weights(let criterion): criterion.reduction
    }
  }

  /// How much of the running mean is left after a step; nothing where the weights alone decide.
  var decay: Double {
    switch form {
    case .updates(let criterion): criterion.decay
    case .weights(let criterion): criterion.evidence.isEmpty ? 0 : Self.usualDecay
    }
  }

  /// The scores of one block's units in a step, in f64: `[units]`.
  ///
  /// - Parameters:
  ///   - units: The units.
  ///   - step: The step.
  ///   - tensors: The trained tensors of the step.
  ///   - device: Where it is computed.
  /// - Returns: A score for each unit; nil where they get no gradients, as all of them are closed.
  /// - Throws: What the criterion throws, and `ScoreError` for what it cannot score.
  func scores(
    of units: BlockUnits,
    _ step: TrainingStep,
    _ tensors: StepTensors,
    on device: Device
  ) throws -> Tensor? {
    let reduction = reduction
    let slices = units.slices.filter { reduction.kinds.contains($0.role.kind) }
    guard !slices.isEmpty else {
      throw ScoreError(criterion.signature, "found nothing to score in \(units.unit(0).label)")
    }
    var numbers: [Tensor] = []
    for slice in slices {
      let weight = try step.model.weights.tensor(slice.weight, dtype: .float32, device: device)
      let found = try criterion.answer(at: "\(slice.weight)") {
        try saliency(of: weight, slice.weight, tensors)
      }
      step.model.weights.advise(slice.weight, .notForNow)
      guard let found else { continue }
      try criterion.require(found, slice.weight, shape: weight.shape)
      numbers.append(try reduction.reduce(found, slice, units: units.count))
    }
    return try reduction.combine(numbers)
  }

  /// The values of a weight; nil where it takes no part in the step.
  private func saliency(
    of weight: Tensor,
    _ id: WeightID,
    _ tensors: StepTensors
  ) throws -> Tensor? {
    switch form {
    case .updates(let criterion):
      return try tensors.update(of: id).map { try criterion.saliency(of: weight, id, $0) }
    case .weights(let criterion):
      guard !criterion.evidence.isEmpty else {
        return try criterion.saliency(of: weight, id, Statistics())
      }
      guard let gradient = tensors.gradient(of: id) else { return nil }
      var statistics = Statistics()
      let gradients = LentWeights(block: id.block, [id.role: gradient])
      statistics.add(gradients, of: Gradients(.mean), inBlock: id.block)
      return try criterion.saliency(of: weight, id, statistics)
    }
  }
}

/// The trained tensors of a step, by the weights that they are, or update.
struct StepTensors {
  private let parts: [WeightID: [TrainedTensor.Part: TrainedTensor]]
  private let owners: [WeightID: WeightID]

  init(_ step: TrainingStep) {
    let parts = step.tensors.reduce(into: [WeightID: [TrainedTensor.Part: TrainedTensor]]()) {
      $0[$1.weight, default: [:]][$1.part] = $1
    }
    self.parts = parts
    // Updates of projections in one tensor may share the first matrix, which the first of them has.
    owners = step.model.configuration.fusedProjections.reduce(into: [:]) { owners, group in
      for id in group { owners[id] = group.first { parts[$0]?[.down] != nil } }
    }
  }

  /// The update of a weight; nil where it has no gradients.
  func update(of id: WeightID) -> UpdateGradients? {
    let first = parts[id]?[.down] ?? owners[id].flatMap { parts[$0]?[.down] }
    guard let down = first, let up = parts[id]?[.up], let downGradient = down.gradient,
      let upGradient = up.gradient
    else { return nil }
    return UpdateGradients(
      down: down.value,
      up: up.value,
      downGradient: downGradient,
      upGradient: upGradient
    )
  }

  /// The gradient of a weight that is trained itself; nil where it has none.
  func gradient(of id: WeightID) -> Tensor? { parts[id]?[.whole]?.gradient }
}
