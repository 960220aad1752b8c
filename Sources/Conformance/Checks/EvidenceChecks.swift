import BillhookCore

extension Trial {
  /// Observes what the evidence is for, and merges in different orders.
  func check(_ evidence: any Evidence, _ verdict: inout Verdict) {
    switch evidence {
    case let evidence as any ActivationEvidence: checkActivations(evidence, &verdict)
    case let evidence as any GradientEvidence: checkGradients(evidence, &verdict)
    case let evidence as any RemovalEvidence: checkRemovals(evidence, &verdict)
    case let evidence as any WeightEvidence: checkWeights(evidence, &verdict)
    case let evidence as any ProjectionEvidence: checkProjections(evidence, &verdict)
    default:
      verdict.note(
        .declared,
        "is of no site; make it Gradient-, Removal-, Activation-, Weight- or ProjectionEvidence"
      )
    }
  }

  private func checkWeights(_ evidence: some WeightEvidence, _ verdict: inout Verdict) {
    check(evidence, &verdict, observe: { try evidence.observe($0.weight, $0.id) }) { _ in
      try model.configuration.allWeights.map(\.id).filter { $0.role.kind == .projection }.map {
        [(weight: try model.weights.tensor($0, dtype: .float32, device: .cpu), id: $0)]
      }
    }
  }

  private func checkProjections(_ evidence: some ProjectionEvidence, _ verdict: inout Verdict) {
    check(evidence, &verdict, observe: { try evidence.observe($0.weights, $0.statistics) }) {
      size in
      var blocks: [[(weights: LentWeights, statistics: Statistics)]] = []
      try statistics(of: evidence.inputs, tokensAtOnce: size) { weights, statistics in
        blocks.append([(weights, statistics)])
      }
      return blocks
    }
  }

  /// Gathers evidence of what runs through blocks, and shows it with the weights of each.
  private func statistics(
    of evidence: [any ActivationEvidence],
    tokensAtOnce size: Int,
    _ show: (LentWeights, Statistics) throws -> Void
  ) throws {
    let gathered = try model.gathered(evidence, on: tokens, context(tokensAtOnce: size))
    try Traversal(model, context(tokensAtOnce: size)).weights { step in
      try show(step.weights, gathered[step.number] ?? Statistics())
    }
  }

  private func checkActivations(_ evidence: some ActivationEvidence, _ verdict: inout Verdict) {
    check(evidence, &verdict, observe: evidence.observe) { size in
      var blocks: [[BlockActivations]] = [[]]
      _ = try Traversal(model, context(tokensAtOnce: size)).sequential(
        tokens,
        order: .none,
        observe: { blocks[blocks.count - 1].append($1) },
        change: { _ in
          blocks.append([])
          return BlockChange()
        }
      )
      return blocks.dropLast()
    }
  }

  private func checkGradients(_ evidence: some GradientEvidence, _ verdict: inout Verdict) {
    check(evidence, &verdict, observe: evidence.observe) { size in
      var blocks: [[BlockGradients]] = [[]]
      try Traversal(model, context(tokensAtOnce: size)).backward(
        tokens,
        kinds: Set(WeightRole.Kind.allCases),
        onePerBatch: evidence.needsSamples,
        visit: { blocks[blocks.count - 1].append($1) },
        leave: { _ in blocks.append([]) }
      )
      // Weights may come one by one, or together.
      return blocks.dropLast().map { size == 1 ? $0 : $0.joined }
    }
  }

  private func checkRemovals(_ evidence: some RemovalEvidence, _ verdict: inout Verdict) {
    let closed = Gates(closedBlocks: [1])
    check(evidence, &verdict, observe: evidence.observe) { size in
      try Traversal(model, context(tokensAtOnce: size))
        .forward(tokens, candidates: [closed, model.gates])
    }
  }

  /// Compares results of the same data, cut and merged in several ways.
  ///
  /// - Parameters:
  ///   - evidence: The evidence.
  ///   - verdict: Takes what differs.
  ///   - observe: Takes in one batch.
  ///   - batches: The batches of each block, or other part, for a number of tokens that run at
  ///     once.
  private func check<E: Evidence, Batch>(
    _ evidence: E,
    _ verdict: inout Verdict,
    observe: (Batch) throws -> E.Partial,
    batches: (Int) throws -> [[Batch]]
  ) {
    func numbers(
      _ size: Int,
      _ order: Merging = .oneByOne,
      reading: (E.Partial) throws -> E.Partial = { $0 }
    ) throws -> [Double] {
      try batches(size).flatMap { part in
        let partial = try order.merge(part.map { try reading(observe($0)) }, by: evidence.merge)
        return try NumbersInside(evidence.finish(reading(partial))).values
      }
    }
    guard let expected = verdict.answer("on \(name)", { try numbers(1) }) else { return }
    verdict.require(!expected.isEmpty, .finite, "on \(name): its result holds no numbers")
    verdict.require(
      expected.allSatisfy(\.isFinite),
      .finite,
      "on \(name): its result holds values that are not finite"
    )
    let again = verdict.answer("on \(name)") { try numbers(1) }
    verdict.require(
      again.map { $0.map(\.bitPattern) } == expected.map(\.bitPattern),
      .deterministic,
      "on \(name): its result differs from one call to the next"
    )
    let read = verdict.answer("on \(name)") { try numbers(1) { try written($0) } }
    verdict.require(
      read.map { $0.map(\.bitPattern) } == expected.map(\.bitPattern),
      .survives,
      "on \(name): its result is different when what was observed was written to a file and read "
        + "again; see `tensors` and `init(tensors:)` of its Partial"
    )
    for order in Merging.allCases {
      guard let found = verdict.answer("on \(name)", { try numbers(1, order) }) else { return }
      verdict.require(found, equal: expected, .merges, "on \(name): merged \(order.rawValue)")
    }
    for size in [4096, 40] {
      guard let found = verdict.answer("on \(name)", { try numbers(size) }) else { return }
      verdict.require(
        found,
        equal: expected,
        .merges,
        "on \(name): observed in batches of \(size) tokens"
      )
    }
  }
}

extension Trial {
  /// A bundle after it was written to a file and read again.
  private func written<Bundle: TensorBundle>(_ bundle: Bundle) throws -> Bundle {
    let path = "\(place("partial")).safetensors"
    let tensors = try bundle.tensors.sorted { $0.key < $1.key }
    try FileSystem.makeDirectory(FileSystem.parent(of: path))
    try SafetensorsWriter.replace(path, by: tensors.map { ($0.key, $0.value) })
    let file = try SafetensorsFile(path)
    var read: [String: Tensor] = [:]
    for (name, _) in tensors { read[name] = try file.tensor(name).copied() }
    return try Bundle(tensors: read)
  }
}

/// An order in which partial results are merged.
private enum Merging: String, CaseIterable {
  case oneByOne = "one by one"
  case backwards = "from the last to the first"
  case halves = "by halves"

  func merge<Partial>(
    _ partials: [Partial],
    by merge: (Partial, Partial) throws -> Partial
  ) throws -> Partial {
    guard let first = partials.first else { throw TrialError(description: "nothing was observed") }
    switch self {
    case .oneByOne: return try partials.dropFirst().reduce(first, merge)
    case .backwards: return try Self.oneByOne.merge(partials.reversed(), by: merge)
    case .halves:
      guard partials.count > 1 else { return first }
      let middle = partials.count / 2
      return try merge(
        self.merge(Array(partials[..<middle]), by: merge),
        self.merge(Array(partials[middle...]), by: merge)
      )
    }
  }
}

extension [BlockGradients] {
  /// The gradients of all weights of one batch together, where they come one weight at a time.
  fileprivate var joined: [BlockGradients] {
    reduce(into: []) { joined, next in
      guard let last = joined.last, Set(last.gradients.roles).isDisjoint(with: next.gradients.roles)
      else { return joined.append(next) }
      let new = Dictionary(
        uniqueKeysWithValues: next.gradients.roles.compactMap { role in
          next.gradients[role].map { (role, $0) }
        }
      )
      joined[joined.count - 1] = BlockGradients(
        gradients: last.gradients.replacing(new),
        tokenShare: last.tokenShare,
        sampleShare: last.sampleShare
      )
    }
  }
}
