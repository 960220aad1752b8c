public import BillhookModels
public import BillhookTorch

/// Low-rank updates (LoRA) of some matrices of a model whose own weights are frozen.
///
/// A matrix that has a mask gets a masked update: passes compute with W + (scale · B·A) ∘ M, the very
/// matrix that it becomes, and so zeros stay zeros. Updates that are not to be masked fill them.
///
/// Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021, arXiv 2106.09685,
/// section 4.1; initial values as in PEFT. Masked: Zimmer et al., PERP, 2023, arXiv 2312.15230, there
/// MaskLoRA.
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
  /// The matrices whose updates are masked.
  private let masked: Set<WeightID>
  /// The matrices whose zeros are filled by updates that are not masked.
  private let filled: Set<WeightID>

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
  ///   - isMasked: Whether updates of matrices that have a mask are masked.
  ///   - seed: The seed of the random numbers.
  ///   - device: Where the training runs.
  /// - Throws: `TrainingError` for dropout of masked updates, which have no input of their own, and
  ///   `TorchError` from libtorch.
  public init(
    of model: LanguageModel,
    roles: Set<WeightRole>,
    fused isFused: Bool = false,
    rank: Int,
    scale: Double,
    dropout: Double,
    masked isMasked: Bool = true,
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
    let sparse = try model.maskedProjections().intersection(pairs.keys)
    (masked, filled) = isMasked ? (sparse, []) : ([], sparse)
    guard masked.isEmpty || dropout == 0 else {
      throw TrainingError(
        "an update of a masked matrix has no input of its own that dropout could thin: expected a "
          + "dropout of 0 on a sparse model, found \(dropout)"
      )
    }
  }

  /// False: the model's own weights are frozen.
  public var trainsWeights: Bool { false }

  /// Whether no update fills a zero.
  public var masksUpdates: Bool { filled.isEmpty }

  /// For dropout its masks, and thin products.
  public func addedBytes(in dtype: DType) -> Int {
    running.configuration.bytes(ofUpdates: roles, rank: rank, dropout: dropout, in: dtype)
  }

  private var updates: [WeightID: LowRankUpdate] {
    pairs.mapValues { LowRankUpdate(down: $0.down.value, up: $0.up.value, scale: scale) }
  }

  /// The model with the updates merged into its weights, rounded as they will be saved.
  public var current: LanguageModel {
    running.withoutMasks(of: filled).live(replacing: [:], updates: updates, rounded: true)
  }

  /// The weights with the updates added, in the type of the arithmetic; masked updates are merged.
  public func track(_ weights: LentWeights, seed: RandomSeed) throws -> TrackedTensors {
    var leaves = Leaves()
    var updates: [WeightRole: LowRankUpdate] = [:]
    var merged: [WeightRole: Tensor] = [:]
    for role in weights.roles {
      let id = WeightID(role, block: weights.block)
      guard let pair = pairs[id] else { continue }
      let weight = try weights.require(role)
      // As it will be saved, a masked weight is merged in f32 and then rounded.
      let dtype: DType = masked.contains(id) ? .float32 : weight.dtype
      let update = LowRankUpdate(
        down: try leaves.leaf(of: pair.down, in: dtype),
        up: try leaves.leaf(of: pair.up, in: dtype),
        scale: scale
      )
      guard masked.contains(id), let mask = try running.weights.mask(id) else {
        updates[role] = update
        continue
      }
      merged[role] = try withGradients {
        try update.merged(into: weight).keeping(mask).to(weight.dtype)
      }
    }
    let place = weights.block.map { "block \($0)" } ?? "model"
    let thinning =
      dropout > 0 ? Dropout(probability: dropout, seed: seed.derived(place)) : nil
    return TrackedTensors(
      weights: weights.replacing(merged).adding(updates, dropout: thinning),
      leaves: leaves.all
    )
  }

  /// The leaf tensors of a block, one for each trained tensor, however many updates share it.
  private struct Leaves {
    private(set) var all: [(tensor: TrainedTensor, leaf: Tensor)] = []

    mutating func leaf(of tensor: TrainedTensor, in dtype: DType) throws -> Tensor {
      if let known = all.first(where: { $0.tensor === tensor })?.leaf {
        return try withGradients { try known.to(dtype) }
      }
      let leaf = try tensor.value.to(dtype).tracked()
      all.append((tensor, leaf))
      return leaf
    }
  }

  /// The model with the updates from a file, which are merged into its weights when they are lent.
  public func finished(at path: String) throws -> LanguageModel {
    var weights: [WeightID: Tensor] = [:]
    var masks: [WeightID: Tensor] = [:]
    for id in filled {
      // With its zeros, which no mask holds any more.
      weights[id] = try running.weights.stored(id)
      masks[id] = try running.weights.mask(id).map { try Tensor.full($0.shape, 1, dtype: .bool) }
    }
    return try running.editing(weights, updates: updates, masks: masks, at: path)
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
