import BillhookEngine
import BillhookModels
import BillhookTorch

/// Gathers whatever evidence is asked for, in as few passes over the calibration data as it takes.
///
/// It picks the forms of the traversal: what runs through blocks, gradients, and the loss without each
/// unit. Evidence of blocks is let go with its block, unless all of it is asked for.
///
/// Where processes share the work, each observes its own batches, and process 0 merges what they found
/// of each block; only there anything is made of it.
///
/// With a folder it goes on where an earlier pass for the same was stopped, to the same bytes: what was
/// made of finished blocks, what was observed of the next one, and what was on its way lie in files
/// there (`PassCheckpoint`).
struct EvidencePass {
  private let model: LanguageModel
  private let tokens: TokenSet?
  private let context: RunContext
  /// Who asks, for messages.
  private let owner: String
  private let others: [any Evidence]
  private let activations: [any ActivationEvidence]
  private let gradients: [any GradientEvidence]
  private let removals: [any RemovalEvidence]
  /// The projections whose inputs are shown.
  private let roles: Set<WeightRole>
  /// Where it is written how far it is, and how often at most; nil for nowhere.
  private let folder: PassFolder?

  /// A pass that has gathered nothing yet.
  ///
  /// - Parameters:
  ///   - evidence: What is asked for; what is asked for twice is gathered once.
  ///   - owner: Who asks, as messages call it.
  ///   - model: What is measured.
  ///   - tokens: The calibration set; may be nil where no evidence is asked for.
  ///   - roles: The projections whose inputs are shown; by default all.
  ///   - context: Where it runs.
  ///   - folder: What a later pass for the same goes on from; nil where nothing is kept.
  init(
    _ evidence: [any Evidence],
    for owner: String,
    of model: LanguageModel,
    on tokens: TokenSet?,
    showing roles: Set<WeightRole> = WeightRole.projections,
    _ context: RunContext,
    in folder: PassFolder? = nil
  ) {
    self.roles = roles
    self.folder = folder
    self.model = model
    self.tokens = tokens
    self.context = context
    self.owner = owner
    let evidence = evidence.distinct
    activations = evidence.compactMap { $0 as? any ActivationEvidence }
    gradients = evidence.compactMap { $0 as? any GradientEvidence }
    removals = evidence.compactMap { $0 as? any RemovalEvidence }
    others = evidence.filter {
      !($0 is any ActivationEvidence || $0 is any GradientEvidence || $0 is any RemovalEvidence)
    }
  }

  // MARK: Block by block

  /// Makes something of each block with the evidence for it, which is let go afterwards.
  ///
  /// Where gradients are asked for, blocks come from the last to the first, because gradients do; else
  /// from the first to the last. What else runs through them was then observed by a pass before, and
  /// waits: on disk where it is much.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of weights that gradients are needed for.
  ///   - body: Makes named tensors of a block and its evidence; what it notes is told.
  /// - Returns: What was made, by the numbers of the blocks; a block that is closed may be missing.
  /// - Throws: `EvidenceError` for evidence that no block has, what evidence throws, what `body`
  ///   throws, and `Cancelled`.
  func blocks(
    kinds: Set<WeightRole.Kind>,
    _ body: (BlockStep, Statistics) throws -> [String: Tensor]
  ) throws -> [Int: [String: Tensor]] {
    let notes = GatheredNotes()
    defer { notes.tell(context) }
    func make(_ step: BlockStep, _ statistics: Statistics) throws -> [String: Tensor] {
      let made = try body(step, statistics)
      notes.take(statistics)
      return made
    }
    if let removal = removals.first {
      throw EvidenceError(
        evidence: removal.signature,
        "is of units, while \(owner) looks at weights"
      )
    }
    try refuseOthers()
    var passes = Passes(context, [activations.isEmpty, gradients.isEmpty])
    guard let tokens, !(activations.isEmpty && gradients.isEmpty) else {
      var made: [Int: [String: Tensor]] = [:]
      try Traversal(model, context).weights { made[$0.number] = try make($0, Statistics()) }
      return made
    }
    let observed = GatheredBlocks(activations.map { Gathering.activations($0) })
    guard !gradients.isEmpty else {
      try observeActivations(observed, tokens, &passes, isFollowed: false) { step in
        var statistics = Statistics()
        for gathering in observed.gatherings {
          try gathering.finish(into: &statistics, at: step.label)
        }
        observed.made[step.number] = try make(step, statistics)
      }
      return observed.made
    }
    if !activations.isEmpty {
      try observeActivations(observed, tokens, &passes, isFollowed: true) { step in
        observed.made[step.number] = try observed.gatherings.partials().mapValues {
          try $0.spilledWhereLarge(to: context.scratch)
        }
        for gathering in observed.gatherings { gathering.forget() }
      }
    }
    let found = GatheredBlocks(gradients.map { Gathering.gradients($0) })
    try observeGradients(found, tokens, kinds, &passes) { step in
      var statistics = Statistics()
      if let partials = observed.made.removeValue(forKey: step.number) {
        let own = try partials.mapValues { try $0.copied() }
        try observed.gatherings.finish(own, into: &statistics, at: step.label)
      }
      for gathering in found.gatherings { try gathering.finish(into: &statistics, at: step.label) }
      found.made[step.number] = try make(step, statistics)
    }
    return found.made
  }

  // MARK: All of it

  /// All evidence: one result for each block, or for each unit.
  ///
  /// - Parameters:
  ///   - units: The kinds of units that losses are measured without.
  ///   - tree: What earlier passes over nearly the same model left behind.
  /// - Returns: What was found, for each kind of units.
  /// - Throws: `EvidenceError` for evidence of single weights, which is let go block by block; what
  ///   evidence throws, and `Cancelled`.
  func all(units: [any PruningUnit], tree: StateTree?) throws -> [Statistics] {
    if let gradient = gradients.first {
      throw EvidenceError(
        evidence: gradient.signature,
        "is of weights, while \(owner) scores units"
      )
    }
    try refuseOthers()
    guard let tokens else { return units.map { _ in Statistics() } }
    var passes = Passes(context, [activations.isEmpty, removals.isEmpty])
    let shared = try observeActivations(tokens, &passes, isFollowed: !removals.isEmpty)
    var statistics = units.map { _ in shared }
    try observeRemovals(tokens, of: units, tree, &passes, into: &statistics)
    return statistics
  }

  /// What runs through blocks: one result for each.
  ///
  /// - Throws: What evidence throws, and `Cancelled`.
  func ofBlocks() throws -> Statistics {
    var passes = Passes(context, [activations.isEmpty])
    return try tokens.map { try observeActivations($0, &passes, isFollowed: false) } ?? Statistics()
  }

  /// Refuses what no form of the traversal shows.
  private func refuseOthers() throws(EvidenceError) {
    guard let other = others.first else { return }
    if other is any WeightEvidence || other is any ProjectionEvidence {
      throw EvidenceError(
        evidence: other.signature,
        "is of weights, which only an allocation can ask for"
      )
    }
    throw EvidenceError(
      evidence: other.signature,
      "is of no site; make it Gradient-, Removal- or ActivationEvidence"
    )
  }

  // MARK: The forms

  /// The passes of one gathering, whose progress adds up.
  private struct Passes {
    private let context: RunContext
    private let count: Int
    private var begun = 0

    init(_ context: RunContext, _ areNotNeeded: [Bool]) {
      self.context = context
      count = areNotNeeded.count { !$0 }
    }

    /// The context of the next pass.
    mutating func next() -> RunContext {
      defer { begun += 1 }
      return count > 1 ? context.part(begun, of: count) : context
    }
  }

  /// What runs through all blocks, one result for each.
  private func observeActivations(
    _ tokens: TokenSet,
    _ passes: inout Passes,
    isFollowed: Bool
  ) throws -> Statistics {
    var statistics = Statistics()
    guard !activations.isEmpty else { return statistics }
    let observed = GatheredBlocks(activations.map { Gathering.activations($0) })
    func finish(_ restored: [Int: [String: Tensor]]) throws {
      let gatherings = activations.map { Gathering.activations($0) }
      var found = Statistics()
      for (block, partials) in restored.sorted(by: { $0.key < $1.key }) {
        try gatherings.finish(partials, into: &found, block: block, at: "block \(block)")
      }
      statistics = found
    }
    try observeActivations(
      observed,
      tokens,
      &passes,
      isFollowed: isFollowed,
      restored: finish
    ) { step in
      if folder != nil { observed.made[step.number] = try observed.gatherings.partials() }
      for gathering in observed.gatherings {
        try gathering.finish(into: &statistics, block: step.number, at: step.label)
      }
    }
    return statistics
  }

  private func observeActivations(
    _ observed: GatheredBlocks<BlockActivations>,
    _ tokens: TokenSet,
    _ passes: inout Passes,
    isFollowed: Bool,
    restored: @escaping ([Int: [String: Tensor]]) throws -> Void = { _ in },
    leave: (BlockStep) throws -> Void
  ) throws {
    let context = passes.next()
    _ = try Traversal(model, context).sequential(
      tokens,
      order: .none,
      checkpoint: checkpoint("activations", context, isFollowed, observed, restored),
      isDealt: true,
      observe: { stage, batch in
        let shown = batch.showing(inputsOf: roles)
        for gathering in observed.gatherings { try gathering.observe(shown, at: stage.label) }
      },
      change: { stage in
        if try gather(observed.gatherings, at: stage.label) { try leave(stage.step) }
        return BlockChange()
      }
    )
  }

  private func observeGradients(
    _ found: GatheredBlocks<BlockGradients>,
    _ tokens: TokenSet,
    _ kinds: Set<WeightRole.Kind>,
    _ passes: inout Passes,
    leave: (BlockStep) throws -> Void
  ) throws {
    let context = passes.next()
    try Traversal(model, context).backward(
      tokens,
      kinds: kinds,
      onePerBatch: gradients.contains { $0.needsSamples },
      checkpoint: checkpoint("gradients", context, false, found) { _ in },
      isDealt: true,
      visit: { step, batch in
        for gathering in found.gatherings { try gathering.observe(batch, at: step.label) }
      },
      leave: { step in
        if try gather(found.gatherings, at: step.label) { try leave(step) }
      }
    )
  }

  /// Merges what the processes that share the work observed of a block; says whether something is made
  /// of it here.
  private func gather<Observation>(
    _ gatherings: [Gathering<Observation>],
    at place: String
  ) throws -> Bool {
    guard context.world > 1 else { return true }
    // What may fail here alone comes before the meeting, or is told after all is exchanged.
    let own = try gatherings.map { try context.processes.leads ? nil : $0.partial() }
    try context.processes.meet(at: "the evidence of \(place)")
    let failures = try zip(gatherings, own).compactMap { gathering, partial in
      try gathering.gather(partial, in: context.processes, on: context.device)
    }
    if let failure = failures.first { throw failure }
    return context.processes.leads
  }

  private func checkpoint<Observation>(
    _ name: String,
    _ context: RunContext,
    _ isFollowed: Bool,
    _ gathered: GatheredBlocks<Observation>,
    _ restored: @escaping ([Int: [String: Tensor]]) throws -> Void
  ) -> PassCheckpoint? {
    folder.map { folder in
      PassCheckpoint(
        in: folder.path,
        named: name,
        context,
        interval: folder.interval,
        isFollowed: isFollowed,
        save: gathered.tensors,
        restore: { tensors in
          try gathered.restore(tensors)
          do { try restored(gathered.made) } catch {
            gathered.forget()
            throw error
          }
        }
      )
    }
  }

  private func observeRemovals(
    _ tokens: TokenSet,
    of units: [any PruningUnit],
    _ tree: StateTree?,
    _ passes: inout Passes,
    into statistics: inout [Statistics]
  ) throws {
    guard !removals.isEmpty else { return }
    let gatherings = removals.map { Gathering.removals($0) }
    let candidates = units.enumerated().flatMap { kind, unit in
      unit.units(of: model).flatMap(\.all).map { candidate in
        (kind, candidate.label, unit.closing([candidate], in: model.gates, of: model))
      }
    }
    let context = passes.next()
    let losses = try Traversal(model, context).forward(
      tokens,
      candidates: candidates.map(\.2),
      tree: tree,
      alsoOwn: true,
      // Scores of one kind of units are known by it alone, whichever others are scored beside it.
      isApart: true,
      checkpoint: folder.map {
        PassCheckpoint(in: $0.path, named: "removals", context, interval: $0.interval)
      }
    )
    for kind in statistics.indices { statistics[kind].whole = losses.last?.reduce(TokenLoss(), +) }
    for ((kind, label, _), batches) in zip(candidates, losses) {
      for gathering in gatherings {
        for loss in batches { try gathering.observe(loss, at: label) }
        try gathering.finish(into: &statistics[kind], at: label)
      }
    }
  }
}
