public import BillhookFiles
public import BillhookTorch

/// A decoder language model as a value: its structure, and the source of its weights.
///
/// Pruning makes a new value that shares the weights of the old one, so going back, branching and
/// experimenting cost nothing.
public struct LanguageModel: Sendable {
  /// The directory that the model was opened from.
  public let directory: ModelDirectory
  /// The structure of the model when it was opened.
  public let opened: ModelConfiguration
  /// The structure of the model now.
  public internal(set) var configuration: ModelConfiguration
  /// The source of the weights.
  public internal(set) var weights: any WeightSource
  /// The tensors of an image model that are not of its text model, which this is; they are saved as they
  /// are.
  package internal(set) var carried: [StoredPlace] = []
  /// Sentences about what was ignored when the model was opened, or looks wrong without being an
  /// error.
  public internal(set) var remarks: [String] = []
  /// What is switched off.
  public var gates = Gates()
  /// The heads and channels left in blocks that lost some.
  var remainders: [Int: BlockRemainder] = [:]

  init(
    directory: ModelDirectory,
    configuration: ModelConfiguration,
    weights: any WeightSource
  ) {
    self.directory = directory
    self.configuration = configuration
    self.weights = weights
    opened = configuration
  }

  init(_ model: LanguageModel, weights: any WeightSource) {
    self = model
    self.weights = weights
  }

  /// The blocks, first to last.
  public var blocks: [BlockShape] { configuration.blocks }

  /// The place of each block among those that are left, by its number in the model as it was opened.
  var positions: [Int: Int] {
    Dictionary(uniqueKeysWithValues: blocks.enumerated().map { ($1.sourceIndex, $0) })
  }

  /// The number of parameters of the model as it is now.
  public var parameterCount: Int { configuration.parameterCount }

  /// The bytes that the weights take as they are stored: in their types, in codes, or in the blocks of a
  /// GGUF file.
  public func byteCount() throws -> Int {
    try configuration.allWeights.reduce(0) { bytes, weight in
      try bytes + weights.encoding(of: weight.id).byteCount(of: weight.shape)
    }
  }

  /// Lends the weights of a block, in the given type and on the given device.
  public func lend(_ block: BlockShape, dtype: DType, device: Device) throws -> LentWeights {
    try lend(configuration.weights(of: block).map(\.id), block.sourceIndex, dtype, device)
  }

  /// Lends the model's own weights with the given roles, where the model has them.
  public func lend(_ roles: Set<WeightRole>, dtype: DType, device: Device) throws -> LentWeights {
    let own = configuration.modelWeights.map(\.id).filter { roles.contains($0.role) }
    return try lend(own, nil, dtype, device)
  }

  /// Says when the weights of a block will be needed.
  public func advise(_ block: BlockShape, _ advice: MappedFile.Advice) {
    for weight in configuration.weights(of: block) { weights.advise(weight.id, advice) }
  }

  /// Says when the model's own weights with the given roles will be needed.
  public func advise(_ roles: Set<WeightRole>, _ advice: MappedFile.Advice) {
    for weight in configuration.modelWeights where roles.contains(weight.id.role) {
      weights.advise(weight.id, advice)
    }
  }

  /// Begins to bring the weights of the block that is lent next to where they are needed, where a device
  /// with memory of its own computes.
  public func prefetch(_ block: BlockShape) {
    weights.prefetch(configuration.weights(of: block).map(\.id))
  }

  private func lend(
    _ ids: [WeightID],
    _ block: Int?,
    _ dtype: DType,
    _ device: Device
  ) throws -> LentWeights {
    var tensors: [WeightRole: Tensor] = [:]
    for id in ids { tensors[id.role] = try weights.tensor(id, dtype: dtype, device: device) }
    return LentWeights(block: block, tensors)
  }
}
