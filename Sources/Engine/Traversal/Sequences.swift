import BillhookFiles
import BillhookModels
import BillhookTorch

/// The batches of a token set, which run through a model.
struct Sequences {
  let batches: [TokenBatch]
  /// The number of tokens in the longest window of each batch.
  private let lengths: [Int]
  /// The number of the first window of each batch among all windows.
  private let firstWindows: [Int]
  /// The lengths of the texts in each row of each batch.
  private let texts: [[[Int]]]
  private let tokensAtOnce: Int
  private let sizes: PieceSizes
  private var tables = SharedTables()

  /// How many tokens run through a block at once.
  ///
  /// Enough to keep the processor busy. On a CPU more would be slower, because the C library gets
  /// large tensors from the operating system page by page, every time again.
  static func tokensAtOnce(on device: Device) -> Int { device == .cpu ? 1024 : 8192 }

  /// Makes the sequences of all batches of a set.
  init(_ tokens: TokenSet, _ context: RunContext, onePerBatch: Bool = false) {
    self.init(Self.batches(of: tokens, context, onePerBatch: onePerBatch), context)
  }

  /// Makes the sequences of the batches that this process runs, of those that all processes share.
  init(dealt tokens: TokenSet, _ context: RunContext, onePerBatch: Bool = false) {
    let batches = Self.batches(of: tokens, context, onePerBatch: onePerBatch)
    let part = context.processes.part(of: batches.count)
    let first = batches[..<part.lowerBound].reduce(0) { $0 + $1.windows.count }
    self.init(Array(batches[part]), context, firstWindow: first)
  }

  /// The batches of a set, whichever process runs them.
  static func batches(
    of tokens: TokenSet,
    _ context: RunContext,
    onePerBatch: Bool = false
  ) -> [TokenBatch] {
    let tokensAtOnce = context.tokensAtOnce ?? Self.tokensAtOnce(on: context.device)
    return tokens.batches(ofAtMost: onePerBatch ? 0 : tokensAtOnce)
  }

  /// Makes the sequences of batches as they are; the first begins with a window of some number.
  init(_ batches: [TokenBatch], _ context: RunContext, firstWindow: Int = 0) {
    self.batches = batches
    lengths = batches.map(\.length)
    texts = batches.map(\.texts)
    tokensAtOnce = context.tokensAtOnce ?? Self.tokensAtOnce(on: context.device)
    sizes = context.pieces
    var count = firstWindow
    firstWindows = batches.map { batch in
      defer { count += batch.windows.count }
      return count
    }
  }

  /// Makes the sequences of one batch, whether or not there is anything to predict in it.
  init(_ batch: TokenBatch, _ context: RunContext) {
    tokensAtOnce = 0
    sizes = context.pieces
    batches = [batch]
    lengths = [batch.length]
    texts = [batch.texts]
    firstWindows = [0]
  }

  /// How many parts of a pass a batch with long windows counts as; it is run in many pieces.
  private static let partsOfLong = 1000

  /// How many parts of a pass one batch through one block counts as.
  func parts(ofBatch index: Int) -> Int { parts(columns: lengths[index]) }

  /// The same for all batches together.
  var parts: Int { batches.indices.reduce(0) { $0 + parts(ofBatch: $1) } }

  private func parts(columns: Int) -> Int {
    sizes.areNeeded(for: columns) ? Self.partsOfLong : 1
  }

  /// The hidden states before the first block, batch by batch.
  ///
  /// - Throws: `DataError` when a token is none of the model's.
  func embedded(by traversal: Traversal, keptBy states: WaitingStates? = nil) throws -> [Tensor] {
    let table = try traversal.model.weights.stored(WeightID(.embedding))
    defer { traversal.model.advise([.embedding], .notForNow) }
    return try batches.map { batch in
      try traversal.context.checkCancelled()
      let tokens = batch.ids
      if let largest = tokens.max(), largest >= table.shape[0] {
        throw DataError(
          "the data holds the token \(largest), but the model in \(traversal.model.directory.path) knows "
            + "only \(table.shape[0]) tokens"
        )
      }
      let ids = try Tensor(tokens, shape: [batch.windows.count, batch.length])
      let embedded = try traversal.decoder.embed(ids, table)
      return try states?.kept(embedded) ?? embedded
    }
  }

  /// The hidden states of a batch after a block, or of several paths of it that run together.
  mutating func run(
    _ step: BlockStep,
    _ hidden: Tensor,
    ofBatch index: Int,
    by decoder: Decoder,
    paths: Int = 1,
    weights: LentWeights? = nil,
    closed: ClosedParts? = nil,
    observe: ((DecoderSite, Tensor) throws -> Void)? = nil
  ) throws -> Tensor {
    let texts = texts[index]
    let span = Span(
      count: hidden.shape[1],
      texts: paths == 1 ? texts : (0..<paths).flatMap { _ in texts }
    )
    return try run(step, hidden, span, by: decoder, paths, weights, closed, observe)
  }

  private mutating func run(
    _ step: BlockStep,
    _ hidden: Tensor,
    _ span: Span,
    by decoder: Decoder,
    _ paths: Int,
    _ weights: LentWeights?,
    _ closed: ClosedParts?,
    _ observe: ((DecoderSite, Tensor) throws -> Void)?
  ) throws -> Tensor {
    let found = try step.shape.attention.map { try tables.tables(for: $0, span, by: decoder) }
    return try step.pace.doing(parts: paths * parts(columns: span.count)) { [pace = step.pace] in
      try decoder.run(
        step.shape,
        hidden,
        weights ?? step.weights,
        found,
        closed: closed ?? step.closed,
        between: { try pace.pause($0) },
        observe: observe
      )
    }
  }

  /// The activations of a batch inside a block, with the inputs of some projections.
  mutating func activations(
    _ step: BlockStep,
    _ entering: Tensor,
    _ projections: Set<WeightRole>,
    ofBatch index: Int,
    by decoder: Decoder
  ) throws -> BlockActivations {
    try activations(step, entering, projections, texts[index], firstWindows[index], by: decoder)
  }

  /// The activations of some windows inside a block, with the lengths of the texts in each of them.
  mutating func activations(
    _ step: BlockStep,
    _ entering: Tensor,
    _ projections: Set<WeightRole>,
    _ texts: [[Int]],
    _ firstWindow: Int,
    by decoder: Decoder
  ) throws -> BlockActivations {
    let sites = Set(projections.map(\.input))
    var inputs: [WeightRole: Tensor] = [:]
    var added: [WeightRole: Tensor] = [:]
    var between = entering
    let span = Span(count: entering.shape[1], texts: texts)
    let leaving = try run(step, entering, span, by: decoder, 1, nil, nil) { site, tensor in
      switch site {
      case .input(let role): if sites.contains(role) { inputs[role] = tensor }
      case .added(let role): added[role] = tensor
      case .afterAttention: between = tensor
      }
    }
    return BlockActivations(
      entering: entering,
      between: between,
      leaving: leaving,
      inputs: inputs,
      added: added,
      texts: texts,
      firstWindow: firstWindow
    )
  }

  /// On how many paths a batch can run through a block together.
  func pathsAtOnce(ofBatch index: Int) -> Int {
    max(1, tokensAtOnce / max(1, batches[index].windows.count * lengths[index]))
  }

  /// The hidden states of one batch on several paths, after a block.
  mutating func run(
    _ step: BlockStep,
    together states: [Tensor],
    ofBatch index: Int,
    by decoder: Decoder,
    closed: ClosedParts
  ) throws -> [Tensor] {
    guard states.count > 1 else {
      return try states.map { try run(step, $0, ofBatch: index, by: decoder, closed: closed) }
    }
    let joined = try Tensor.joined(states, along: 0)
    let leaving = try run(
      step,
      joined,
      ofBatch: index,
      by: decoder,
      paths: states.count,
      closed: closed
    )
    let rows = states[0].shape[0]
    return try states.indices.map { try leaving.narrowed(0, to: $0 * rows..<($0 + 1) * rows) }
  }
}
