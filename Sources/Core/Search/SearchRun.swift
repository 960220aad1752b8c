import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Runs a search: proposals, their losses by forward passes, and what the search learns of them, step by
/// step.
///
/// Several candidates walk through the model together, as many as fit into memory, so that a block's
/// weights are lent once for all of them. Which ones walk together changes no bit. By another fitness they
/// are measured one by one, each a model whose weights are cut as they are lent. With a folder it goes
/// on where an earlier run of the same search was stopped, to the same bytes: each step draws from a
/// seed of its own, and what the search remembers lies in the checkpoint. Processes that share the work
/// all run the search, and deal out candidates or windows; their losses, and so its course, are the same.
package struct SearchRun {
  /// What a search found.
  package struct Result {
    /// Which units stay: the answer, or the start where that is no worse.
    package let kept: [Bool]
    package let outcome: SearchOutcome
  }

  /// The most candidates that walk together: enough for weights to be lent seldom, and few enough for
  /// little to be lost where a run is killed.
  package static let mostTogether = 16

  private let search: any Search
  private let task: SearchTask
  private let units: [any PruningUnit]
  private let model: LanguageModel
  private let context: RunContext
  private let folder: PassFolder?
  private let log: String?
  private let fitness: SearchFitness?

  /// A search that has not begun.
  ///
  /// - Parameters:
  ///   - search: What says which candidates are tried.
  ///   - task: The units and their scores.
  ///   - units: The kinds of units.
  ///   - model: The model that they belong to.
  ///   - context: Where it runs.
  ///   - folder: What a later run of the same search goes on from; nil where nothing is kept.
  ///   - log: The file of all losses, a line for each step; nil for none.
  ///   - fitness: What candidates are compared by; nil for their mean loss.
  package init(
    _ search: any Search,
    _ task: SearchTask,
    _ units: [any PruningUnit],
    of model: LanguageModel,
    _ context: RunContext,
    in folder: PassFolder? = nil,
    log: String? = nil,
    by fitness: SearchFitness? = nil
  ) {
    self.search = search
    self.task = task
    self.units = units
    self.model = model
    self.context = context
    self.folder = folder
    self.log = log
    self.fitness = fitness
  }

  /// Searches.
  ///
  /// - Parameter tokens: The data that losses are measured on.
  /// - Returns: Which units stay, and the losses.
  /// - Throws: `PluginError` for candidates and answers that cannot be, what the search throws, and
  ///   `Cancelled`.
  package func run(on tokens: TokenSet) throws -> Result {
    let progress = try SearchProgress { [search, task] in
      try search.answer { try search.course(of: task) }
    }
    let checkpoint = folder.map { progress.checkpoint(in: $0, context) }
    try progress.resume(from: checkpoint)
    let (start, count) = (progress.reached, progress.stepCount)
    var sinks = try log.map { try context.sinks(of: $0) } ?? []
    try write(progress.record.lines(of: fitness), to: &sinks)
    do {
      for step in start.blocks..<max(count, start.blocks) {
        try take(step, context.part(step, of: count + 1), progress, checkpoint, on: tokens)
        try write(progress.record.lines(from: step, of: fitness), to: &sinks)
        try checkpoint?.reached(progress.reached, progress.tensors)
        // Ten times at most; the log has all.
        if (step + 1).isMultiple(of: max(1, (count + 9) / 10)) {
          remark(on: progress.record.steps[step], "step \(step + 1) of \(count)")
        }
      }
      let result = try answer(
        of: progress.course,
        progress.record,
        on: tokens,
        context.part(count, of: count + 1)
      )
      for sink in sinks { try sink.finish() }
      return result
    } catch let error as Cancelled {
      if progress.reached != start {
        try checkpoint?.write(progress.reached, progress.tensors())
      }
      throw error
    }
  }

  // MARK: Steps

  /// Tries the candidates of a step that are not tried yet, and lets the search learn from all.
  private func take(
    _ step: Int,
    _ context: RunContext,
    _ progress: SearchProgress,
    _ checkpoint: PassCheckpoint?,
    on tokens: TokenSet
  ) throws {
    let seed = RandomSeed(search.seed).derived("step \(step)")
    let proposals = try search.answer(at: "step \(step)") {
      try progress.course.proposals(ofStep: step, seed)
    }
    try check(proposals, of: step, on: tokens)
    let losses = try losses(of: proposals, on: tokens, after: progress.losses, context) {
      progress.losses = $0
      try checkpoint?.reached(progress.reached, progress.tensors)
    }
    try search.answer(at: "step \(step)") {
      try progress.course.learn(losses, of: proposals, ofStep: step)
    }
    progress.finish(
      SearchRecord.Step(
        losses: losses,
        gone: proposals.candidates.map(task.space.parametersGone),
        windows: proposals.windows.count
      )
    )
  }

  /// Says what the best candidate of a step is worth, if any is worth something.
  private func remark(on step: SearchRecord.Step, _ place: String) {
    guard let least = step.losses.filter(\.isFinite).min() else { return }
    let best = fitness.map { fitness in
      "best \(type(of: fitness.evaluation).name) \(rounded(fitness.loss(least)))"
    }
    context.progress(.remark("\(place): \(best ?? "least loss \(rounded(least))")"))
  }

  // MARK: Losses

  /// The losses of candidates, in groups that fit into memory.
  ///
  /// - Parameters:
  ///   - proposals: The candidates, and the windows that they are tried on.
  ///   - tokens: The data.
  ///   - known: The losses of the first candidates, as far as they are known.
  ///   - context: Where it runs.
  ///   - heed: Called with the losses so far after each group.
  /// - Returns: The loss of each candidate.
  /// - Throws: What `heed` throws, and `Cancelled`.
  private func losses(
    of proposals: SearchProposals,
    on tokens: TokenSet,
    after known: [Double] = [],
    _ context: RunContext,
    heed: ([Double]) throws -> Void = { _ in }
  ) throws -> [Double] {
    if let fitness {
      return try losses(of: proposals.candidates, by: fitness, after: known, context, heed: heed)
    }
    let windows = TokenSet(proposals.windows.map { tokens.windows[$0] }, note: tokens.note)
    let candidates = proposals.candidates
    let memory = TraversalMemory(model, context)
    let most = min(candidates.count, Self.mostTogether)
    let size = try context.processes.least(
      memory.candidatesAtOnce(TraversalMemory.Load(windows), of: most)
    )
    var found = known
    let starts = Array(stride(from: found.count, to: candidates.count, by: size))
    for (index, start) in starts.enumerated() {
      let part = candidates[start..<min(start + size, candidates.count)]
      let sums = try Traversal(model, context.part(index, of: starts.count)).forward(
        windows,
        candidates: part.map { task.space.gates($0, units, of: model) },
        tree: nil,
        isApart: true
      )
      found += sums.map { $0.reduce(TokenLoss(), +).mean }
      try heed(found)
    }
    return found
  }

  /// The losses of candidates by a fitness, each of which one process measures alone.
  private func losses(
    of candidates: [[Bool]],
    by fitness: SearchFitness,
    after known: [Double],
    _ context: RunContext,
    heed: ([Double]) throws -> Void
  ) throws -> [Double] {
    let processes = context.processes
    let alone = context.shared(by: .alone)
    var found = known
    while found.count < candidates.count {
      let own = found.count + processes.rank
      var losses: [Double] = []
      if own < candidates.count {
        let part = alone.part(own - known.count, of: candidates.count - known.count)
        losses = [try loss(of: candidates[own], by: fitness, part).loss]
      }
      try processes.meet(at: "what candidates are worth, from \(found.count) on")
      found += try processes.gather(losses).joined()
      try heed(found)
    }
    return found
  }

  /// What a candidate is worth by a fitness: the metric, and its value as a loss.
  private func loss(
    of kept: [Bool],
    by fitness: SearchFitness,
    _ context: RunContext
  ) throws -> (metric: String, loss: Double) {
    var candidate = model
    candidate.gates = task.space.gates(kept, units, of: model)
    // What is tried may leave nothing of a sub-layer or of the model, which no cut does.
    if task.space.canBeCut(kept) { candidate = try model.removing(candidate.gates) }
    let metric = try fitness.metric(of: candidate, context)
    return (metric.name, metric.value.isFinite ? fitness.loss(metric.value) : .nan)
  }

  /// The answer of a finished course, compared with the start.
  private func answer(
    of course: any SearchCourse,
    _ record: SearchRecord,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> Result {
    let kept = try search.answer(at: "its answer") { try course.answer() }
    if let fault = task.space.fault(kept) { throw PluginError(search, at: "its answer", fault) }
    let proposals = SearchProposals([task.start, kept], on: course.comparison)
    try check(proposals, of: record.steps.count, on: tokens)
    let outcome: SearchOutcome
    if let fitness {
      let start = try loss(of: task.start, by: fitness, context.part(0, of: 2))
      let answer = try loss(of: kept, by: fitness, context.part(1, of: 2))
      outcome = SearchOutcome(
        evaluations: record.evaluations + 2,
        start: fitness.loss(start.loss),
        answer: fitness.loss(answer.loss),
        windows: fitness.tokens.windows.count,
        curve: record.curve(ofAtMost: SearchOutcome.mostPoints, of: fitness),
        fitness: SearchOutcome.Fitness(
          evaluation: fitness.evaluation.signature,
          metric: start.metric,
          direction: fitness.evaluation.direction
        )
      )
    } else {
      let losses = try losses(of: proposals, on: tokens, context)
      outcome = SearchOutcome(
        evaluations: record.evaluations + losses.count,
        start: losses[0],
        answer: losses[1],
        windows: course.comparison.count,
        curve: record.curve(ofAtMost: SearchOutcome.mostPoints)
      )
    }
    return Result(kept: outcome.isVain ? task.start : kept, outcome: outcome)
  }

  /// Refuses candidates that are none.
  private func check(_ proposals: SearchProposals, of step: Int, on tokens: TokenSet) throws {
    let place = "step \(step)"
    let count = task.space.count
    if let wrong = proposals.candidates.first(where: { $0.count != count }) {
      throw PluginError(search, at: place, "a candidate names \(wrong.count) units of \(count)")
    }
    let windows = task.windows
    if let window = proposals.windows.first(where: { !(0..<windows).contains($0) }) {
      throw PluginError(search, at: place, "asks for window \(window), and there are \(windows)")
    }
    if proposals.windows.isEmpty, !proposals.candidates.isEmpty {
      throw PluginError(search, at: place, "tries candidates on no window")
    }
  }

  private func write(_ lines: [JSON], to sinks: inout [any LogSink]) throws {
    for line in lines.map(LogLine.init) {
      for index in sinks.indices { try sinks[index].append(line) }
    }
  }
}
