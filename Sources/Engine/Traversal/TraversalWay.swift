import BillhookModels

/// How a traversal keeps within its memory; all ways give the same bytes.
package struct TraversalWay: Equatable {
  /// What is kept of a block until the way back.
  package var keeping: KeptOfBlocks
  /// Whether hidden states wait in files of the scratch folder.
  package var statesWaitOnDisk: Bool

  /// Blocks computed twice, hidden states in memory.
  static let inMemory = TraversalWay(keeping: .inputs, statesWaitOnDisk: false)
}

extension TraversalMemory {
  /// Where hidden states wait in `forward`.
  func forwardWay(_ tokens: TokenSet, candidates: Int) throws -> TraversalWay {
    try forwardWay(Load(tokens), candidates: candidates)
  }

  /// Where hidden states wait in `sequential`.
  func sequentialWay(
    _ tokens: TokenSet,
    order: SequentialOrder,
    beside other: LanguageModel?
  ) throws -> TraversalWay {
    try sequentialWay(Load(tokens), order: order, beside: other)
  }

  /// The number of places whose states `forward` may keep for later sweeps.
  func placesToKeep(_ tokens: TokenSet, candidates: Int, _ way: TraversalWay) throws -> Int {
    try placesToKeep(Load(tokens), candidates: candidates, way)
  }

  /// What `backward` keeps, and where.
  func backwardWay(_ tokens: TokenSet, onePerBatch: Bool) throws -> TraversalWay {
    try backwardWay(Load(tokens), onePerBatch: onePerBatch)
  }
}

extension TraversalMemory.Load {
  /// What there is to run.
  init(_ tokens: TokenSet) {
    let lengths = tokens.windows.map(\.tokens.count)
    self.init(tokens: lengths.reduce(0, +), window: lengths.max())
  }
}
