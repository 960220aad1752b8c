import BillhookModels
import BillhookTorch

/// The memory that a pass of some tokens through a model holds, in bytes: each block, and the exit.
///
/// A count that no `Int` holds is the largest `Int`.
struct PassMemory {
  let blocks: [BlockPassMemory]
  private let configuration: ModelConfiguration
  private let shape: BlockPassMemory.Tokens
  /// The table at the exit, where it is lent as a copy.
  let table: Int

  /// Counts the tensors of a pass.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The tokens that run through it at once.
  ///   - device: Where it runs.
  ///   - live: The weights that are in memory in f32, whatever type they are stored in.
  ///   - keeping: The projections of a block whose inputs gradients need.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  init(
    _ model: LanguageModel,
    _ tokens: BlockPassMemory.Tokens,
    on device: Device,
    live: Set<WeightID> = [],
    keeping: (BlockShape) -> Set<WeightRole> = { _ in WeightRole.projections }
  ) throws {
    let configuration = model.configuration
    func copied(_ weights: [(id: WeightID, shape: [Int])]) throws -> Int {
      try weights.reduce(0) { bytes, weight in
        let type = try live.contains(weight.id) ? .float32 : model.weights.storedType(weight.id)
        // What a mask was laid over is lent as a copy.
        let isWhole = try live.contains(weight.id) || !model.weights.hasMask(weight.id)
        let isInPlace = device == .cpu && type == tokens.dtype && isWhole
        return bytes + (isInPlace ? 0 : weight.shape.reduce(tokens.dtype.byteCount, *))
      }
    }
    self.configuration = configuration
    shape = tokens
    blocks = try model.blocks.map { block in
      BlockPassMemory(
        block,
        of: configuration,
        tokens,
        keeping: keeping(block),
        weights: try copied(configuration.weights(of: block))
      )
    }
    table = try copied(configuration.modelWeights.filter { $0.id.role == configuration.exitTable })
  }

  // MARK: Blocks

  /// Hidden states of all tokens.
  var states: Int { shape.count *| (configuration.hiddenSize * shape.dtype.byteCount) }

  /// The tokens that run at once.
  var tokens: Int { shape.count }

  /// The number of tokens in a window.
  var window: Int { shape.window }

  /// The most that a block takes.
  func most(_ bytes: (BlockPassMemory) -> Int) -> Int { blocks.map(bytes).max() ?? 0 }

  /// The most weights of a block that are lent as copies.
  var weights: Int { most(\.weights) }

  /// The sum over all blocks.
  func sum(_ bytes: (BlockPassMemory) -> Int) -> Int { blocks.reduce(0) { $0 +| bytes($1) } }

  /// The largest matrix of a block in f32.
  var largestMatrix: Int {
    let weights = configuration.blocks.flatMap(configuration.weights(of:))
    return weights.map { $0.shape.reduce(DType.float32.byteCount, *) }.max() ?? 0
  }

  /// Whether the tensors inside of blocks come from the C library's heap.
  var isInHeap: Bool { blocks.allSatisfy(\.isInHeap) }

  // MARK: The exit

  /// What is computed from logits.
  enum Exit {
    /// The loss: the logits and their softmax.
    case loss
    /// The gradient with respect to hidden states: the logits, and their gradient.
    case gradients
    /// The gradient with respect to the exit's table as well, for which more logits are held at once.
    case ownGradients

    var isOfTable: Bool { self == .ownGradients }
  }

  /// The exit of the model: its table where it is a copy, the logits that are held at once in f32, and
  /// the hidden states that they are computed from.
  ///
  /// - Parameters:
  ///   - kind: What is computed from logits.
  ///   - copies: How many tensors of the size of the logits an objective holds whose gradients are taken,
  ///     the logits included.
  /// - Returns: Bytes.
  func exit(_ kind: Exit, holding copies: Int = CrossEntropy().copies) -> Int {
    let vocabulary = configuration.vocabularySize
    let most = LossHead.rows(of: vocabulary) * (kind.isOfTable ? LossHead.timesForOwnTable : 1)
    let rows = kind == .loss ? most : LossHead.rows(most, holding: copies)
    let logits = min(tokens, rows) *| (vocabulary * DType.float32.byteCount)
    return table +| logits *| (kind == .loss ? 2 : copies) +| 3 *| states
  }

  /// The number of elements of the exit's table.
  var tableElements: Int { configuration.vocabularySize * configuration.hiddenSize }
}
