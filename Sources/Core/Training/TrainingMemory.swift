public import BillhookModels
public import BillhookTorch

/// What a training needs in memory, in bytes, as far as that follows from shapes.
public struct TrainingMemory: Sendable, Equatable {
  /// What is trained, in f32, and what the optimiser remembers of it.
  public let trained: Int
  /// The gradients of what is trained, in f32.
  public let gradients: Int
  /// The weights of the model in the type of the arithmetic, as far as a pass holds them.
  public let weights: Int
  /// Everything that gradients need of one micro-batch.
  public let activations: Int
  /// What enters each block of one micro-batch, and everything that gradients need of one block.
  public let inputs: Int
  /// The logits that are held at once, with what their gradients need.
  public let logits: Int

  /// Adds up shapes.
  ///
  /// - Parameters:
  ///   - model: The model that passes run through.
  ///   - count: The number of trained elements.
  ///   - tokens: The tokens of the largest micro-batch, filled up.
  ///   - dtype: The type of the arithmetic.
  public init(_ model: LanguageModel, training count: Int, tokens: Int, dtype: DType) {
    let configuration = model.configuration
    trained = 12 * count
    gradients = 4 * count
    // f32 values are lent as they are; anything else is converted.
    weights = dtype.byteCount * configuration.parameterCount
    let blocks = configuration.blocks.map { block in
      dtype.byteCount * tokens * Self.elements(block, configuration.hiddenSize)
    }
    activations = blocks.reduce(0, +)
    inputs =
      dtype.byteCount * tokens * configuration.hiddenSize * configuration.blocks.count
      + (blocks.max() ?? 0)
    logits = 3 * 4 * min(LossHead.logitsAtOnce, tokens * configuration.vocabularySize)
  }

  /// What gradients need of one token in a block: what enters norms, projections, products.
  private static func elements(_ block: BlockShape, _ hidden: Int) -> Int {
    let attention = block.attention.map { shape in
      5 * hidden + 4 * shape.headSize * (shape.queryHeads + 2 * shape.keyValueHeads)
    }
    return (attention ?? 0) + (block.mlp.map { 5 * hidden + 4 * $0.width } ?? 0)
  }

  /// The bytes with activations kept or computed again.
  func total(_ keeping: KeptOfBlocks) -> Int {
    trained + gradients + weights + logits + (keeping == .activations ? activations : inputs)
  }

  /// All activations, where that takes no more than half of the machine's memory.
  var keeping: KeptOfBlocks {
    total(.activations) <= PhysicalMemory.byteCount / 2 ? .activations : .inputs
  }
}
