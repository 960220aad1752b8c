import BillhookFiles
import BillhookModels
import BillhookTorch

extension Traversal {
  /// Runs tokens through the model and returns the loss of each window, in the order of the set.
  ///
  /// Windows are run in the order of their lengths, so that little is padded, and without their last
  /// token, from which nothing is predicted. Windows that differ in that token alone, as answers of one
  /// token to a question do, are run once. Where the hidden states of all exceed the memory, some of
  /// the windows are run through all blocks after the others; that changes no bit.
  ///
  /// - Throws: `Cancelled`, and errors of libtorch and of the model's files.
  public func losses(ofEach tokens: TokenSet) throws -> [TokenLoss] {
    let inputs = WindowInputs(tokens)
    let processes = context.processes
    let batches = inputs.batches(ofAtMost: tokensAtOnce, sharingFrequenciesIn: model).enumerated()
      .filter { $0.offset % processes.size == processes.rank }.map(\.element)
    let room = try TraversalMemory(model, context)
      .tokensInMemory(window: batches.first.map { inputs.length(of: $0) } ?? 1)
    let parts = inputs.parts(of: batches, ofAtMost: room)
    var losses = tokens.windows.map { TokenLoss(count: $0.targetCount) }
    let work = parts.map { part in
      (part, Sequences(part.map { TokenBatch(windows: inputs.windows(of: $0)) }, context))
    }
    let pace = Pace(
      context,
      parts: work.reduce(0) { $0 + $1.1.parts * (model.blocks.count + 1) }
    )
    for (batches, sequences) in work {
      var sequences = sequences
      var states = try sequences.embedded(by: self)
      try eachBlock(parts: sequences.parts, exit: sequences.parts, in: pace) { step in
        guard !step.isClosed else { return }
        for batch in states.indices {
          states[batch] = try sequences.run(step, states[batch], ofBatch: batch, by: decoder)
        }
      }
      let head = try LossHead(of: self)
      for (index, batch) in batches.enumerated() {
        let rows = inputs.predictions(of: batch, in: tokens)
        let found = try pace.doing(parts: sequences.parts(ofBatch: index)) {
          try head.losses(
            states[index],
            at: rows.map(\.place),
            of: rows.map(\.target),
            between: pace.pause
          )
        }
        for (row, loss) in zip(rows, found) { losses[row.window].sum += loss }
      }
    }
    try pace.begin(parts: 0)
    model.advise(model.configuration.exitRoles, .notForNow)
    guard processes.size > 1 else { return losses }
    // Each sum is one process's, and zero in all others, so that adding them up changes no bit.
    try processes.meet(at: "the losses of \(losses.count) windows")
    let sums = try Tensor(losses.map(\.sum))
    try processes.sum([sums])
    return try zip(sums.doubles(), losses).map { TokenLoss(sum: $0, count: $1.count) }
  }

  private var tokensAtOnce: Int {
    context.tokensAtOnce ?? Sequences.tokensAtOnce(on: context.device)
  }
}

/// What a model is run on to predict windows: each of them without its last token, the longest first,
/// and each sequence once.
private struct WindowInputs {
  /// A sequence of tokens, and the numbers of the windows that it predicts.
  private struct Input {
    let window: TokenWindow
    var windows: [Int]

    var tokens: [Int] { window.tokens }
  }

  /// What makes two sequences one.
  private struct Identity: Hashable {
    let tokens: [Int]
    let texts: [Int]
  }

  /// A token that is predicted.
  struct Prediction {
    /// The number of its window.
    let window: Int
    /// The position that predicts it, counted through all rows of a batch.
    let place: Int
    /// The token.
    let target: Int
  }

  private let inputs: [Input]

  init(_ tokens: TokenSet) {
    var inputs: [Input] = []
    var places: [Identity: Int] = [:]
    for (number, window) in tokens.windows.enumerated() {
      let input = window.withoutLastToken
      let identity = Identity(tokens: input.tokens, texts: input.texts)
      if let place = places[identity] {
        inputs[place].windows.append(number)
      } else {
        places[identity] = inputs.count
        inputs.append(Input(window: input, windows: [number]))
      }
    }
    self.inputs = inputs.sorted {
      ($1.tokens.count, $0.windows[0]) < ($0.tokens.count, $1.windows[0])
    }
  }

  /// The sequences in batches of at most `limit` tokens with their padding, but at least one sequence.
  ///
  /// Padding is after the end of a sequence, where none of its tokens sees it; but where rotary
  /// embeddings depend on the length, sequences of different lengths do not run together.
  func batches(ofAtMost limit: Int, sharingFrequenciesIn model: LanguageModel) -> [Range<Int>] {
    let rotaries = model.blocks.compactMap { $0.attention?.rotary }
    var batches: [Range<Int>] = []
    for index in inputs.indices {
      if let last = batches.last {
        let (first, own) = (inputs[last.lowerBound].tokens.count, inputs[index].tokens.count)
        if (last.count + 1) * first <= limit,
          rotaries.allSatisfy({ $0.sharesFrequencies(first, own) })
        {
          batches[batches.count - 1] = last.lowerBound..<index + 1
          continue
        }
      }
      batches.append(index..<index + 1)
    }
    return batches
  }

  /// The batches in parts of at most `limit` tokens, but at least one batch.
  func parts(of batches: [Range<Int>], ofAtMost limit: Int) -> [[Range<Int>]] {
    var parts: [[Range<Int>]] = []
    var count = 0
    for batch in batches {
      let own = batch.count * length(of: batch)
      if parts.isEmpty || count + own > limit {
        parts.append([])
        count = 0
      }
      parts[parts.count - 1].append(batch)
      count += own
    }
    return parts
  }

  /// The number of tokens in the longest sequence of a batch.
  func length(of batch: Range<Int>) -> Int { inputs[batch.lowerBound].tokens.count }

  /// The sequences of a batch.
  func windows(of batch: Range<Int>) -> [TokenWindow] {
    inputs[batch].map(\.window)
  }

  /// What a batch predicts, in the order of the windows' tokens.
  func predictions(of batch: Range<Int>, in tokens: TokenSet) -> [Prediction] {
    let length = length(of: batch)
    return inputs[batch].enumerated().flatMap { row, input in
      input.windows.flatMap { number in
        let window = tokens.windows[number]
        return window.counted.joined().map {
          Prediction(window: number, place: row * length + $0 - 1, target: window.tokens[$0])
        }
      }
    }
  }
}
