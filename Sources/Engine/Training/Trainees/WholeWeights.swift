public import BillhookModels
public import BillhookTorch

/// Some weights of a model, trained in full; what a mask holds at zero stays +0.
public struct WholeWeights: Trainee {
  /// The weights.
  public let tensors: [TrainedTensor]
  /// The model as it is now, its weights rounded as they will be saved.
  public let current: LanguageModel
  /// The model whose weights are the tensors themselves, in f32.
  public let running: LanguageModel
  private let before: LanguageModel
  private let byWeight: [WeightID: TrainedTensor]

  /// Makes f32 copies of the weights that are to be trained.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - device: Where the training runs.
  ///   - isTrained: Whether a weight is trained.
  /// - Throws: Errors of reading the weights.
  public init(
    of model: LanguageModel,
    device: Device,
    where isTrained: (WeightID) -> Bool = { _ in true }
  ) throws {
    before = model
    tensors = try model.configuration.allWeights.map(\.id).filter(isTrained).map { id in
      let stored = try model.weights.stored(id)
      if let mask = try model.weights.mask(id)?.to(device: device) {
        // A zero in a file may be -0.
        let value = try stored.to(.float32, device: device).keeping(mask)
        return try TrainedTensor(id, .whole, value, mask: mask)
      }
      let isInPlace = stored.dtype == .float32 && stored.device == device
      // Copied, because the stored tensor is a read-only view of the mapped file.
      let value = try isInPlace ? stored.copied() : stored.to(.float32, device: device)
      return try TrainedTensor(id, .whole, value)
    }
    byWeight = Dictionary(uniqueKeysWithValues: tensors.map { ($0.weight, $0) })
    let values = byWeight.mapValues(\.value)
    // The values have the zeros in them, so a pass need not make masked copies.
    running = model.live(replacing: values, masked: false)
    current = model.live(replacing: values, rounded: true)
  }

  /// True: the weights themselves are trained.
  public var trainsWeights: Bool { true }

  /// The weights as leaf tensors, in the type of the arithmetic.
  public func track(_ weights: LentWeights, seed: RandomSeed) throws -> TrackedTensors {
    var leaves: [(tensor: TrainedTensor, leaf: Tensor)] = []
    var new: [WeightRole: Tensor] = [:]
    for role in weights.roles {
      guard let tensor = byWeight[WeightID(role, block: weights.block)] else { continue }
      let leaf = try weights.require(role).tracked()
      leaves.append((tensor, leaf))
      new[role] = leaf
    }
    return TrackedTensors(weights: weights.replacing(new), leaves: leaves)
  }

  /// The model with the trained weights, rounded to their stored types.
  public func finished(at path: String) throws -> LanguageModel {
    try before.editing(byWeight.mapValues(\.value), at: path)
  }
}
