import BillhookEngine
import BillhookModels
import BillhookTorch

/// Gathers whatever evidence is asked for, in as few passes over the calibration data as it takes.
///
/// It picks the forms of the traversal: what runs through blocks, the way of single tokens, gradients,
/// and the loss without each unit. Evidence of blocks is let go with its block, unless all of it is
/// asked for.
struct EvidencePass {
  private let model: LanguageModel
  private let tokens: TokenSet?
  private let context: RunContext
  /// Who asks, for messages.
  private let owner: String
  private let others: [any Evidence]
  private let activations: [any ActivationEvidence]
  private let trajectories: [any TrajectoryEvidence]
  private let gradients: [any GradientEvidence]
  private let removals: [any RemovalEvidence]

  /// A pass that has gathered nothing yet.
  ///
  /// - Parameters:
  ///   - evidence: What is asked for; what is asked for twice is gathered once.
  ///   - owner: Who asks, as messages call it.
  ///   - model: What is measured.
  ///   - tokens: The calibration set; may be nil where no evidence is asked for.
  ///   - context: Where it runs.
  init(
    _ evidence: [any Evidence],
    for owner: String,
    of model: LanguageModel,
    on tokens: TokenSet?,
    _ context: RunContext
  ) {
    self.model = model
    self.tokens = tokens
    self.context = context
    self.owner = owner
    let evidence = evidence.distinct
    activations = evidence.compactMap { $0 as? any ActivationEvidence }
    trajectories = evidence.compactMap { $0 as? any TrajectoryEvidence }
    gradients = evidence.compactMap { $0 as? any GradientEvidence }
    removals = evidence.compactMap { $0 as? any RemovalEvidence }
    others = evidence.filter {
      !($0 is any ActivationEvidence || $0 is any TrajectoryEvidence || $0 is any GradientEvidence
        || $0 is any RemovalEvidence)
    }
  }

  // MARK: Block by block

  /// Shows each block with the evidence for it, which is let go afterwards.
  ///
  /// Where gradients are asked for, blocks come from the last to the first, because gradients do; else
  /// from the first to the last. What else runs through them was then observed by a pass before.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of weights that gradients are needed for.
  ///   - visit: Sees a block and its evidence.
  /// - Throws: `EvidenceError` for evidence that no block has, what evidence throws, what `visit`
  ///   throws, and `Cancelled`.
  func blocks(
    kinds: Set<WeightRole.Kind>,
    _ visit: (BlockStep, Findings) throws -> Void
  ) throws {
    if let removal = removals.first {
      throw EvidenceError(
        evidence: removal.signature,
        "is of units, while \(owner) looks at weights"
      )
    }
    try refuseOthers()
    guard let tokens, !(activations.isEmpty && trajectories.isEmpty && gradients.isEmpty) else {
      return try Traversal(model, context).weights { try visit($0, Findings()) }
    }
    var passes = Passes(context, [trajectories.isEmpty, activations.isEmpty, gradients.isEmpty])
    var shared = Findings()
    try observeTrajectories(tokens, &passes, into: &shared)
    guard !gradients.isEmpty else {
      guard !activations.isEmpty else {
        return try Traversal(model, context).weights { try visit($0, shared) }
      }
      return try observeActivations(tokens, &passes) { step, gatherings in
        var findings = shared
        for gathering in gatherings { try gathering.finish(into: &findings, at: step.label) }
        try visit(step, findings)
      }
    }
    var waiting: [Int: Findings] = [:]
    if !activations.isEmpty {
      try observeActivations(tokens, &passes) { step, gatherings in
        var findings = shared
        for gathering in gatherings { try gathering.finish(into: &findings, at: step.label) }
        waiting[step.number] = findings
      }
    }
    try observeGradients(tokens, kinds, &passes) { step, gatherings in
      var findings = waiting.removeValue(forKey: step.number) ?? shared
      for gathering in gatherings { try gathering.finish(into: &findings, at: step.label) }
      try visit(step, findings)
    }
  }

  // MARK: All of it

  /// All evidence: one result for the model, for each block, or for each unit.
  ///
  /// - Parameters:
  ///   - units: The kinds of units that losses are measured without.
  ///   - tree: What earlier passes over nearly the same model left behind.
  /// - Returns: What was found, for each kind of units.
  /// - Throws: `EvidenceError` for evidence of single weights, which is let go block by block; what
  ///   evidence throws, and `Cancelled`.
  func all(units: [any PruningUnit], tree: StateTree?) throws -> [Findings] {
    if let gradient = gradients.first {
      throw EvidenceError(
        evidence: gradient.signature,
        "is of weights, while \(owner) scores units"
      )
    }
    try refuseOthers()
    var shared = Findings()
    guard let tokens else { return units.map { _ in shared } }
    var passes = Passes(context, [activations.isEmpty, trajectories.isEmpty, removals.isEmpty])
    if !activations.isEmpty {
      try observeActivations(tokens, &passes) { step, gatherings in
        for gathering in gatherings {
          try gathering.finish(into: &shared, block: step.number, at: step.label)
        }
      }
    }
    try observeTrajectories(tokens, &passes, into: &shared)
    var findings = units.map { _ in shared }
    try observeRemovals(tokens, of: units, tree, &passes, into: &findings)
    return findings
  }

  private func refuseOthers() throws(EvidenceError) {
    guard let other = others.first else { return }
    throw EvidenceError(
      evidence: other.signature,
      "is of no site; make it Gradient-, Removal-, Activation- or TrajectoryEvidence"
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

  private func observeActivations(
    _ tokens: TokenSet,
    _ passes: inout Passes,
    leave: (BlockStep, [Gathering<BlockActivations>]) throws -> Void
  ) throws {
    let gatherings = activations.map { Gathering.activations($0) }
    try Traversal(model, passes.next()).activations(
      tokens,
      visit: { step, batch in
        for gathering in gatherings { try gathering.observe(batch, at: step.label) }
      },
      leave: { step in try leave(step, gatherings) }
    )
  }

  private func observeGradients(
    _ tokens: TokenSet,
    _ kinds: Set<WeightRole.Kind>,
    _ passes: inout Passes,
    leave: (BlockStep, [Gathering<BlockGradients>]) throws -> Void
  ) throws {
    let gatherings = gradients.map { Gathering.gradients($0) }
    try Traversal(model, passes.next()).backward(
      tokens,
      kinds: kinds,
      onePerBatch: gradients.contains { $0.needsSamples },
      visit: { step, batch in
        for gathering in gatherings { try gathering.observe(batch, at: step.label) }
      },
      leave: { step in try leave(step, gatherings) }
    )
  }

  private func observeTrajectories(
    _ tokens: TokenSet,
    _ passes: inout Passes,
    into findings: inout Findings
  ) throws {
    guard !trajectories.isEmpty else { return }
    let gatherings = trajectories.map { Gathering.trajectories($0) }
    for states in try Traversal(model, passes.next()).trajectories(tokens) {
      for gathering in gatherings { try gathering.observe(states) }
    }
    for gathering in gatherings { try gathering.finish(into: &findings) }
  }

  private func observeRemovals(
    _ tokens: TokenSet,
    of units: [any PruningUnit],
    _ tree: StateTree?,
    _ passes: inout Passes,
    into findings: inout [Findings]
  ) throws {
    guard !removals.isEmpty else { return }
    let gatherings = removals.map { Gathering.removals($0) }
    let candidates = units.enumerated().flatMap { kind, unit in
      unit.units(of: model).flatMap(\.all).map { candidate in
        (kind, candidate.label, unit.closing([candidate], in: model.gates, of: model))
      }
    }
    let losses = try Traversal(model, passes.next())
      .forward(tokens, candidates: candidates.map(\.2), tree: tree, alsoOwn: true)
    for kind in findings.indices { findings[kind].whole = losses.last?.reduce(TokenLoss(), +) }
    for ((kind, label, _), batches) in zip(candidates, losses) {
      for gathering in gatherings {
        for loss in batches { try gathering.observe(loss, at: label) }
        try gathering.finish(into: &findings[kind], at: label)
      }
    }
  }
}
