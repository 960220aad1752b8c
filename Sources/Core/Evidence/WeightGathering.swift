package import BillhookEngine
package import BillhookModels
package import BillhookTorch

/// Where it is kept what evidence found of weights, for other settings and for later runs.
package protocol MeasurementStore {
  /// What an observation of a place left behind; nil when it was never kept.
  func partial(of evidence: any Evidence, at place: String) throws -> [String: Tensor]?

  /// Keeps what an observation of a place left behind.
  func keep(_ partial: [String: Tensor], of evidence: any Evidence, at place: String) throws
}

/// A matrix, as evidence of weights is shown it.
struct WeightObservation {
  let weight: Tensor
  let id: WeightID
}

/// The weights of a block and what was found of their inputs.
struct ProjectionObservation {
  let weights: LentWeights
  let statistics: Statistics
}

/// Gathers evidence of weights: matrix by matrix, or block by block after what enters a block.
///
/// What was kept before is not measured again, so a gathering that was stopped goes on at the next
/// matrix.
struct WeightGathering {
  private let model: LanguageModel
  private let weights: [any WeightEvidence]
  private let projections: [any ProjectionEvidence]
  private let store: (any MeasurementStore)?

  init(
    _ evidence: [any Evidence],
    of model: LanguageModel,
    keptIn store: (any MeasurementStore)?
  ) {
    self.model = model
    self.store = store
    let evidence = evidence.distinct
    weights = evidence.compactMap { $0 as? any WeightEvidence }
    projections = evidence.compactMap { $0 as? any ProjectionEvidence }
  }

  /// Whether a pass over data is needed, where nothing was kept.
  var needsData: Bool { !projections.isEmpty }

  /// Adds what was kept.
  ///
  /// - Returns: Whether that is all.
  func addKept(to statistics: inout Statistics) throws -> Bool {
    try addKeptProjections(to: &statistics) && addKeptWeights(to: &statistics)
  }

  /// Measures what was not kept, and adds all of it.
  ///
  /// - Parameters:
  ///   - statistics: Takes the results.
  ///   - tokens: The calibration set; may be nil where there is only evidence of matrices.
  ///   - owner: Who asks, for messages.
  ///   - context: Where it runs.
  ///   - folder: What a later pass over the data goes on from.
  /// - Throws: What the evidence throws, and `Cancelled`.
  func add(
    to statistics: inout Statistics,
    on tokens: TokenSet?,
    for owner: String,
    _ context: RunContext,
    in folder: PassFolder?
  ) throws {
    let count = (weights.isEmpty ? 0 : 1) + (projections.isEmpty ? 0 : 1)
    func part(_ index: Int) -> RunContext {
      count > 1 ? context.part(index, of: count) : context
    }
    try addWeights(to: &statistics, part(0))
    var found = statistics
    if try addKeptProjections(to: &found) {
      statistics = found
    } else {
      try addProjections(to: &statistics, on: tokens, for: owner, part(count - 1), in: folder)
    }
  }

  // MARK: Matrices

  private func addKeptWeights(to statistics: inout Statistics) throws -> Bool {
    let gatherings = weights.map { Gathering.weights($0) }
    for id in model.projections {
      for gathering in gatherings {
        let place = "\(id)"
        guard let kept = try store?.partial(of: gathering.evidence, at: place) else { return false }
        try gathering.take(partial: kept)
        try gathering.finish(into: &statistics, weight: id, at: place)
      }
    }
    return true
  }

  private func addWeights(to statistics: inout Statistics, _ context: RunContext) throws {
    guard !weights.isEmpty else { return }
    let gatherings = weights.map { Gathering.weights($0) }
    var found = statistics
    try Traversal(model, context).weights { step in
      for id in model.projections where id.block == step.number {
        try context.checkCancelled()
        let place = "\(id)"
        var lent: Tensor?
        for gathering in gatherings {
          if let kept = try store?.partial(of: gathering.evidence, at: place) {
            try gathering.take(partial: kept)
          } else {
            // As it is stored, whatever type is computed in.
            let weight =
              try lent ?? model.weights.tensor(id, dtype: .float32, device: context.device)
            lent = weight
            try gathering.observe(WeightObservation(weight: weight, id: id), at: place)
            if let store, let partial = try gathering.partial() {
              try store.keep(partial, of: gathering.evidence, at: place)
            }
          }
          try gathering.finish(into: &found, weight: id, at: place)
        }
      }
    }
    statistics = found
  }

  // MARK: Blocks with what enters them

  private func addKeptProjections(to statistics: inout Statistics) throws -> Bool {
    let gatherings = projections.map { Gathering.projections($0) }
    for block in model.blocks.map(\.sourceIndex) {
      for gathering in gatherings {
        let place = "block \(block)"
        guard let kept = try store?.partial(of: gathering.evidence, at: place) else { return false }
        try gathering.take(partial: kept)
        try gathering.finish(into: &statistics, block: block, at: place)
      }
    }
    return true
  }

  private func addProjections(
    to statistics: inout Statistics,
    on tokens: TokenSet?,
    for owner: String,
    _ context: RunContext,
    in folder: PassFolder?
  ) throws {
    let gatherings = projections.map { Gathering.projections($0) }
    let pass = EvidencePass(
      projections.flatMap(\.inputs),
      for: owner,
      of: model,
      on: tokens,
      context,
      in: folder
    )
    let made = try pass.blocks(kinds: []) { step, inputs in
      let shown = ProjectionObservation(weights: step.weights, statistics: inputs)
      var tensors: [String: Tensor] = [:]
      for (index, gathering) in gatherings.enumerated() {
        try gathering.observe(shown, at: step.label)
        for (name, tensor) in try gathering.partial() ?? [:] {
          tensors["\(index)/\(name)"] = tensor
        }
        gathering.forget()
      }
      return tensors
    }
    for (block, tensors) in made.sorted(by: { $0.key < $1.key }) {
      for (index, gathering) in gatherings.enumerated() {
        let place = "block \(block)"
        let own = tensors.filter { $0.key.hasPrefix("\(index)/") }.map { name, tensor in
          (String(name.dropFirst("\(index)/".count)), tensor)
        }
        let partial = Dictionary(uniqueKeysWithValues: own)
        try store?.keep(partial, of: gathering.evidence, at: place)
        try gathering.take(partial: partial)
        try gathering.finish(into: &statistics, block: block, at: place)
      }
    }
  }
}

extension LanguageModel {
  /// What evidence finds of the blocks, each by itself, as evidence of projections is shown it.
  package func gathered(
    _ evidence: [any ActivationEvidence],
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Int: Statistics] {
    var found: [Int: Statistics] = [:]
    let pass = EvidencePass(evidence, for: "a trial", of: self, on: tokens, context)
    _ = try pass.blocks(kinds: []) { step, statistics in
      found[step.number] = statistics
      return [:]
    }
    return found
  }
}
