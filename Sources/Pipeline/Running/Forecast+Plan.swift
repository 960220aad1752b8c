package import BillhookCore

extension Forecast {
  /// Looks up what a work folder has for a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - opened: Its model.
  ///   - context: Where it would be computed.
  ///   - work: What earlier runs found.
  ///   - build: What identifies this build.
  package init(
    _ plan: Plan,
    _ opened: OpenedModel,
    _ context: RunContext,
    _ work: WorkFolder,
    build: String
  ) {
    let files = PlanFiles(of: plan.inputs, plan.uses.flatMap(\.plugins), work.hashes)
    let keys = StageKeys(plan.inputs, files, context, build: build)
    let known = KnownStages(keys: keys, store: work.stages, products: work.products)
    self.init(plan, opened.model, known)
  }

  /// Walks through a plan, and only looks.
  init(_ plan: Plan, _ opened: LanguageModel, _ known: KnownStages) {
    var forecast = StepForecast(plan.inputs, opened, known)
    let start = ModelState(opening: plan.model, opened)
    self.init(entries: forecast.entries(of: plan.steps, from: start))
  }
}

extension StepForecast {
  /// What is known of steps; without a state, it is unknown what the model will be.
  fileprivate mutating func entries(of steps: [any PlanStep], from start: ModelState?)
    -> [Forecast.Entry]
  {
    var state = start
    var entries: [Forecast.Entry] = []
    for step in steps {
      if let inner = step.inner {
        entries += self.entries(of: inner.steps, from: state)
        continue
      }
      let (entry, after) = look(at: step, state)
      entries.append(entry)
      state = after
    }
    return entries
  }

  private mutating func look(at step: any PlanStep, _ state: ModelState?)
    -> (Forecast.Entry, ModelState?)
  {
    do {
      return try step.look(state, &self)
    } catch {
      // What cannot be read now is an error when the run gets there; here it tells nothing.
      return state == nil ? (Forecast.Entry(outlook: .open), nil) : look(at: step, nil)
    }
  }
}
