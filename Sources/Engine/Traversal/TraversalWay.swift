import BillhookModels

/// How a traversal stays within its memory; all choices give the same bytes.
package struct TraversalWay: Equatable {
  /// What is kept of a block for the backward pass.
  package var keeping: KeptOfBlocks
  /// Whether hidden states are kept in files of the scratch folder.
  package var statesWaitOnDisk: Bool

  /// Blocks computed twice, hidden states in memory.
  static let inMemory = TraversalWay(keeping: .inputs, statesWaitOnDisk: false)
}

extension TraversalMemory {
  /// Where `forward` keeps hidden states.
  func forwardWay(_ tokens: TokenSet, candidates: Int) throws -> TraversalWay {
    try forwardWay(Load(tokens), candidates: candidates)
  }

  /// Where `sequential` keeps hidden states.
  func sequentialWay(
    _ tokens: TokenSet,
    order: SequentialOrder,
    beside other: LanguageModel?
  ) throws -> TraversalWay {
    try sequentialWay(Load(tokens), order: order, beside: other)
  }

  /// The number of points whose states `forward` may keep for later sweeps.
  func placesToKeep(_ tokens: TokenSet, candidates: Int, _ way: TraversalWay) throws -> Int {
    try placesToKeep(Load(tokens), candidates: candidates, way)
  }

  /// What `backward` keeps, and where.
  func backwardWay(_ tokens: TokenSet, onePerBatch: Bool) throws -> TraversalWay {
    try backwardWay(Load(tokens), onePerBatch: onePerBatch)
  }
}

extension TraversalMemory.Load {
  /// The load of a token set.
  package init(_ tokens: TokenSet) {
    let lengths = tokens.windows.map(\.tokens.count)
    self.init(tokens: lengths.reduce(0, +), window: lengths.max())
  }
}
