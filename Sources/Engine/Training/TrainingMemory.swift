package import BillhookModels
package import BillhookTorch

/// What a training needs in memory, in bytes, as far as that follows from shapes.
///
/// Not counted: the program with libtorch, and files that are mapped and used in place.
public struct TrainingMemory: Sendable, Equatable {
  /// What is trained, in f32, and what the optimiser remembers of it.
  let trained: Int
  /// The gradients of what is trained, in f32.
  let gradients: Int
  /// The weights of all blocks in the type of the arithmetic, where they are not used in place.
  let weights: Int
  /// The same for the largest block.
  let blockWeights: Int
  /// Everything that gradients need of one micro-batch in all blocks.
  let activations: Int
  /// What enters each block of one micro-batch, and what gradients need of the largest one.
  let inputs: Int
  /// The exit: its table where it is converted, and the logits that are held at once.
  let exit: Int

  /// Adds up shapes.
  ///
  /// - Parameters:
  ///   - model: The model that passes run through.
  ///   - count: The number of trained elements.
  ///   - added: What gradients need of one token in a block besides what the block itself does.
  ///   - isInPlace: Whether passes use the weights as they lie in memory or in a file.
  ///   - tokens: The tokens of the largest micro-batch, filled up.
  ///   - dtype: The type of the arithmetic.
  package init(
    _ model: LanguageModel,
    training count: Int,
    added: Int,
    isInPlace: Bool,
    tokens: Int,
    dtype: DType
  ) {
    let configuration = model.configuration
    // In f64, because settings can ask for more than a whole number holds.
    func bytes(_ numbers: Double, each size: Int) -> Int { Int(min(numbers * Double(size), 1e18)) }
    let width = dtype.byteCount
    trained = bytes(Double(count), each: 12)
    gradients = bytes(Double(count), each: 4)
    let parameters = configuration.blocks.map(configuration.parameterCount(of:))
    weights = isInPlace ? 0 : width * parameters.reduce(0, +)
    blockWeights = isInPlace ? 0 : width * (parameters.max() ?? 0)
    let blocks = configuration.blocks.map { block in
      Double(tokens) * Double(Self.elements(block, configuration.hiddenSize) + added)
    }
    activations = bytes(blocks.reduce(0, +), each: width)
    let entering = Double(tokens) * Double(configuration.hiddenSize * configuration.blocks.count)
    inputs = bytes(entering + (blocks.max() ?? 0), each: width)
    let table = configuration.vocabularySize * configuration.hiddenSize
    // `LossHead` takes more at once where its own weights have gradients.
    let pieces = count >= table ? 4 : 1
    let logits = min(
      Double(pieces * LossHead.logitsAtOnce),
      Double(tokens) * Double(configuration.vocabularySize)
    )
    exit = (isInPlace ? 0 : width * table) + bytes(logits, each: 16)
  }

  /// What gradients need of one token in a block: what enters norms, projections and products.
  private static func elements(_ block: BlockShape, _ hidden: Int) -> Int {
    let attention = block.attention.map { shape in
      4 * hidden + 4 * shape.headSize * (shape.queryHeads + 2 * shape.keyValueHeads)
    }
    return (attention ?? 0) + (block.mlp.map { 4 * hidden + 4 * $0.width } ?? 0)
  }

  /// The bytes with activations kept or computed again.
  package func total(_ keeping: KeptOfBlocks) -> Int {
    // On the way back gradients come as activations go, so both are never there in full.
    switch keeping {
    case .activations: trained + weights + max(activations + exit, gradients)
    case .inputs: trained + blockWeights + max(inputs + exit, inputs + gradients)
    }
  }

  /// All activations, where there is memory for it; nil for half of the machine's.
  func keeping(within memory: Int?) -> KeptOfBlocks {
    total(.activations) <= memory ?? Machine.memory / 2 ? .activations : .inputs
  }

  /// What a training with these settings takes.
  package func total(_ activations: TrainingSettings.Activations?, within memory: Int?) -> Int {
    total(activations.map(KeptOfBlocks.init) ?? keeping(within: memory))
  }
}
