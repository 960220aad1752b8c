import BillhookModels

/// How a traversal stays within its memory; all choices give the same bytes.
package struct TraversalStrategy: Equatable {
  /// What is kept of a block for the backward pass.
  package var keeping: KeptOfBlocks
  /// Whether hidden states are kept in files of the scratch folder.
  package var statesWaitOnDisk: Bool

  /// Blocks computed twice, hidden states in memory.
  static let inMemory = TraversalStrategy(keeping: .inputs, statesWaitOnDisk: false)
}

extension TraversalMemory {
  /// Where `forward` keeps hidden states.
  func forwardStrategy(_ tokens: TokenSet, candidates: Int) throws -> TraversalStrategy {
    try forwardStrategy(Load(tokens), candidates: candidates)
  }

  /// Where `sequential` keeps hidden states.
  func sequentialStrategy(
    _ tokens: TokenSet,
    order: SequentialOrder,
    beside other: LanguageModel?
  ) throws -> TraversalStrategy {
    try sequentialStrategy(Load(tokens), order: order, beside: other)
  }

  /// The number of points whose states `forward` may keep for later sweeps.
  func nodesToKeep(_ tokens: TokenSet, candidates: Int, _ strategy: TraversalStrategy) throws -> Int
  {
    try nodesToKeep(Load(tokens), candidates: candidates, strategy)
  }

  /// What `backward` keeps, and where.
  func backwardStrategy(_ tokens: TokenSet, onePerBatch: Bool) throws -> TraversalStrategy {
    try backwardStrategy(Load(tokens), onePerBatch: onePerBatch)
  }
}

extension TraversalMemory.Load {
  /// The load of a token set.
  package init(_ tokens: TokenSet) {
    let lengths = tokens.windows.map(\.tokens.count)
    self.init(tokens: lengths.reduce(0, +), window: lengths.max())
  }
}
