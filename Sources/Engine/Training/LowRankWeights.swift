public import BillhookModels
public import BillhookTorch

/// Low-rank updates (LoRA) of some matrices of a model whose own weights are frozen.
///
/// Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021, arXiv 2106.09685,
/// section 4.1; initial values as in PEFT.
public struct LowRankWeights: Trainee {
  /// For each updated matrix, the two matrices of its update.
  public let tensors: [TrainedTensor]
  /// The frozen model.
  public let running: LanguageModel
  private let scale: Double
  private let dropout: Double
  private let roles: Set<WeightRole>
  private let rank: Int
  private let pairs: [WeightID: (down: TrainedTensor, up: TrainedTensor)]

  /// Makes updates of rank `rank` that start as zero.
  ///
  /// The first matrix is initialised uniformly between plus and minus one over the square root of
  /// its input's channels, the second with zeros.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - roles: The projections that are updated, in each block that has them.
  ///   - isFused: Whether projections that the files keep in one tensor share their first matrix,
  ///     as if they were one projection.
  ///   - rank: The rank.
  ///   - scale: The factor of the updates.
  ///   - dropout: The probability that an element of an update's input is dropped.
  ///   - seed: The seed of the random numbers.
  ///   - device: Where the training runs.
  /// - Throws: `TorchError` from libtorch.
  public init(
    of model: LanguageModel,
    roles: Set<WeightRole>,
    fused isFused: Bool = false,
    rank: Int,
    scale: Double,
    dropout: Double,
    seed: RandomSeed,
    device: Device
  ) throws {
    running = model
    self.scale = scale
    self.dropout = dropout
    self.roles = roles
    self.rank = rank
    var tensors: [TrainedTensor] = []
    var pairs: [WeightID: (down: TrainedTensor, up: TrainedTensor)] = [:]
    let owners = isFused ? model.configuration.owners(ofUpdates: roles) : [:]
    for (id, shape) in model.configuration.allWeights where roles.contains(id.role) {
      let up = try TrainedTensor(id, .up, Tensor.zeros([shape[0], rank], device: device))
      if let shared = owners[id].flatMap({ pairs[$0]?.down }) {
        tensors.append(up)
        pairs[id] = (shared, up)
        continue
      }
      let generator = try Generator(seed: seed.derived("\(id)").value)
      let bound = 1 / Double(shape[1]).squareRoot()
      let start = try (generator.uniform([rank, shape[1]]) * 2 + -1) * bound
      let down = try TrainedTensor(id, .down, start.to(device: device))
      tensors += [down, up]
      pairs[id] = (down, up)
    }
    self.tensors = tensors
    self.pairs = pairs
  }

  /// False: the model's own weights are frozen.
  public var trainsWeights: Bool { false }

  /// For dropout its masks, and thin products.
  public func addedBytes(in dtype: DType) -> Int {
    running.configuration.bytes(ofUpdates: roles, rank: rank, dropout: dropout, in: dtype)
  }

  private var updates: [WeightID: LowRankUpdate] {
    pairs.mapValues { LowRankUpdate(down: $0.down.value, up: $0.up.value, scale: scale) }
  }

  /// The model with the updates merged into its weights, rounded as they will be saved.
  public var current: LanguageModel {
    running.live(replacing: [:], updates: updates, rounded: true)
  }

  /// The weights with the updates added, in the type of the arithmetic.
  public func track(_ weights: LentWeights, seed: RandomSeed) throws -> TrackedTensors {
    var leaves: [(tensor: TrainedTensor, leaf: Tensor)] = []
    var updates: [WeightRole: LowRankUpdate] = [:]
    var downs: [ObjectIdentifier: Tensor] = [:]
    for role in weights.roles {
      let id = WeightID(role, block: weights.block)
      guard let pair = pairs[id] else { continue }
      let dtype = try weights.require(role).dtype
      let known = downs[ObjectIdentifier(pair.down)]
      let down = try known ?? pair.down.value.to(dtype).tracked()
      let up = try pair.up.value.to(dtype).tracked()
      if known == nil { leaves.append((pair.down, down)) }
      leaves.append((pair.up, up))
      downs[ObjectIdentifier(pair.down)] = down
      updates[role] = LowRankUpdate(down: down, up: up, scale: scale)
    }
    let place = weights.block.map { "block \($0)" } ?? "model"
    let thinning =
      dropout > 0 ? Dropout(probability: dropout, seed: seed.derived(place)) : nil
    return TrackedTensors(weights: weights.adding(updates, dropout: thinning), leaves: leaves)
  }

  /// The model with the updates from a file, which are merged into its weights when they are lent.
  public func finished(at path: String) throws -> LanguageModel {
    try running.editing([:], updates: updates, at: path)
  }
}

extension ModelConfiguration {
  /// For each projection, the one whose first matrix it shares where updates of projections in one
  /// tensor are fused; the first of a tensor has its own.
  func owners(ofUpdates roles: Set<WeightRole>) -> [WeightID: WeightID] {
    fusedProjections.reduce(into: [:]) { owners, group in
      let updated = group.filter { roles.contains($0.role) }
      for id in updated { owners[id] = updated[0] }
    }
  }

  /// The number of elements of low-rank updates.
  ///
  /// - Parameters:
  ///   - roles: The projections that are updated, in each block that has them.
  ///   - rank: The rank.
  ///   - isFused: Whether projections in one tensor share their first matrix.
  /// - Returns: The number of elements.
  public func count(ofUpdates roles: Set<WeightRole>, rank: Int, fused isFused: Bool) -> Int {
    let owners = isFused ? owners(ofUpdates: roles) : [:]
    return allWeights.filter { roles.contains($0.id.role) }.reduce(0) { count, weight in
      let ownsDown = owners[weight.id].map { $0 == weight.id } ?? true
      return count + rank * (weight.shape[0] + (ownsDown ? weight.shape[1] : 0))
    }
  }

  /// The bytes that the gradients of low-rank updates need of one token in a block, besides the inputs of
  /// the projections: a thin product for each, and of what dropout thins a mask in bytes.
  ///
  /// - Parameters:
  ///   - roles: The projections that are updated, in each block that has them.
  ///   - rank: The rank.
  ///   - dropout: The probability of an element of an input to be left out.
  ///   - dtype: The type of the arithmetic.
  /// - Returns: The bytes, in the block that needs the most.
  public func bytes(
    ofUpdates roles: Set<WeightRole>,
    rank: Int,
    dropout: Double,
    in dtype: DType
  ) -> Int {
    let blocks = blocks.map { block in
      let updated = weights(of: block).filter { roles.contains($0.id.role) }
      let inputs = Dictionary(updated.map { ($0.id.role.input, $0.shape[1]) }) { width, _ in width }
      let masks = dropout > 0 ? inputs.values.reduce(0, +) : 0
      return rank * updated.count * dtype.byteCount + masks
    }
    return blocks.max() ?? 0
  }
}
