import BillhookModels
import BillhookTorch
public import BillhookRecipe

/// Finds what is wrong with a plan by looking at its model, without computing.
public enum PlanCheck {
  /// Everything that would make the plan fail and can be known now.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - memory: The bytes of memory that there are; nil where they do not matter.
  ///   - isLimit: Whether somebody set them, so that ways are chosen to keep to them.
  ///   - work: The work folder that it would be run with; nil where none is known.
  ///   - room: The bytes that every disk takes; nil for what the system says of each.
  /// - Returns: What is wrong.
  public static func diagnostics(
    of plan: Plan,
    memory: Int? = MemoryEstimate.ofMachine,
    isLimit: Bool = false,
    work: String? = nil,
    room: Int? = nil
  ) -> [Diagnostic] {
    do {
      let opened = try plan.model.open()
      var found = diagnostics(of: plan, opened, work)
      let disk = DiskCheck(plan, work, room: room, memory: isLimit ? memory : nil)
      found += try disk.diagnostics(of: opened)
      if let memory {
        found += try MemoryCheck(plan, memory, isLimit: isLimit).diagnostics(of: opened)
      }
      // Of a recipe with errors, nobody knows yet what else will stand in it.
      if !found.contains(where: { $0.severity == .error }) {
        found += ResultCheck.diagnostics(of: plan)
      }
      return found.withoutRepetitions
    } catch {
      return [Diagnostic(.unusableModel("\(error)"), at: plan.model.span)]
    }
  }

  private static func diagnostics(
    of plan: Plan,
    _ opened: LanguageModel,
    _ work: String?
  ) -> [Diagnostic] {
    let places = PlanPlaces(plan, work: work)
    let (unusable, paths) = places.diagnostics()
    var found = opened.remarks.map { Diagnostic(.remarkableModel($0), at: plan.model.span) }
    found += dataDiagnostics(of: plan, opened) + unusable
    if let work, let obstacle = WorkFolder.obstacle(to: work) {
      let message = "\(ModelError(work, obstacle))"
      found.append(Diagnostic(.unusableTarget(message), at: plan.model.span))
    }
    let companions = opened.directory.companions.missing(in: opened.directory.path)
    if let name = companions.first, !places.isEmpty {
      let error = ModelError(
        opened.directory.file(name),
        "is a link that leads nowhere, so it cannot be saved with the model; load the file again, or "
          + "remove the link"
      )
      found.append(Diagnostic(.unusableModel("\(error)"), at: plan.model.span))
    }
    let steps = diagnostics(
      of: plan.steps,
      PruningCourse(opened),
      plan.model.derivation,
      plan,
      opened,
      paths
    )
    return found + steps
  }

  private static func diagnostics(
    of steps: [Step],
    _ start: PruningCourse,
    _ before: [String],
    _ plan: Plan,
    _ opened: LanguageModel,
    _ unusable: Set<String>
  ) -> [Diagnostic] {
    var course = start
    var derivation = before
    var found: [Diagnostic] = []
    for step in steps {
      switch step {
      case .branch(let branch):
        found += diagnostics(of: branch.steps, course, derivation, plan, opened, unusable)
      case .prune(let step):
        found += obstacle(to: step.scorings, of: course.model, at: step.span)
        do {
          let remarks = try course.follow(step)?.remarks ?? []
          found += remarks.map { Diagnostic(.unexpectedAmount($0), at: step.amountSpan) }
        } catch {
          let problem = PlanProblem.impossibleAmount(error.description, advice: error.advice)
          found.append(Diagnostic(problem, at: step.amountSpan))
        }
      case .save(let step):
        if let obstacle = step.format.obstacle(to: course.model) {
          found.append(Diagnostic(.unusableShape(obstacle), at: step.span))
        } else {
          found += step.format.cautions(on: course.model, isCertain: course.isKnown)
            .map { Diagnostic(.otherReaders($0), at: step.span) }
        }
        guard !unusable.contains(step.path) else { break }
        do {
          try check(step, derivation)
        } catch {
          found.append(Diagnostic(.unusableTarget("\(error)"), at: step.span))
        }
      case .recover(let step):
        do throws(ParameterProblem) {
          if step.recovery is any TrainingRecovery, plan.model.dtype == .float16 {
            throw ParameterProblem(nil, TrainingError.tooShortForGradients)
          }
          try step.recovery.validate(for: opened)
        } catch {
          let name = error.parameter ?? type(of: step.recovery).name
          found.append(Diagnostic(.inconsistent(name, error.message, with: nil), at: step.span))
        }
      case .evaluate(let step):
        do throws(ParameterProblem) {
          try (step.evaluation as? any ModelEvaluation)?.validate(for: opened)
        } catch {
          let name = error.parameter ?? type(of: step.evaluation).name
          found.append(Diagnostic(.inconsistent(name, error.message, with: nil), at: step.span))
        }
      case .score(let step):
        found += obstacle(to: [step], of: course.model, at: step.span)
      }
      if let change = plan.derivation(of: step) { derivation.append(change) }
    }
    return found
  }

  /// Units that their criterion cannot tell apart.
  private static func obstacle(
    to steps: [ScoreStep],
    of model: LanguageModel,
    at span: SourceSpan
  ) -> [Diagnostic] {
    steps.compactMap { step in
      let criterion = step.criterion as? any InputCriterion
      let obstacle = criterion?.obstacle(to: step.unit.units(of: model))
      return obstacle.map {
        Diagnostic(.inconsistent(type(of: step.criterion).name, $0, with: nil), at: span)
      }
    }
  }

  /// What the model's tokenizer and its longest sequence have against the data.
  private static func dataDiagnostics(of plan: Plan, _ opened: LanguageModel) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let steps = plan.data.values.sorted { $0.span.start < $1.span.start }
    var tokenizer: Tokenizer?
    if let text = steps.first(where: { type(of: $0.source).yieldsText }) {
      do {
        let read = try Tokenizer(contentsOf: opened.directory.tokenizerPath)
        tokenizer = read
        let beginning = try TextBeginning(in: opened.directory, opened.configuration, read)
        if let disagreement = beginning.disagreement {
          found.append(Diagnostic(.remarkableModel(disagreement), at: plan.model.span))
        }
      } catch {
        found.append(Diagnostic(.unusableModel("\(error)"), at: text.span))
      }
    }
    for step in steps {
      do {
        try step.source.check()
      } catch {
        let name = type(of: step.source).name
        found.append(Diagnostic(.inconsistent(name, "\(error)", with: nil), at: step.span))
      }
    }
    let positions = opened.configuration.maximumPositions
    for step in steps {
      if let length = step.windows.length {
        guard length > positions else { continue }
        found.append(Diagnostic(.beyondPositions(length: length, positions), at: step.span))
      } else if let count = longestDocument(of: step, tokenizer, beyond: positions) {
        let problem = PlanProblem.wholeBeyondPositions(step.place, atLeast: count, positions)
        found.append(Diagnostic(problem, at: step.span))
      }
    }
    return found
  }

  /// Files that are larger are not read for this alone; a run says it then.
  private static let mostBytes = 64 << 20

  /// The tokens at the beginning of the longest document, where they are more than so many and every
  /// document is a window; nil where they are not, or it takes too long to know.
  private static func longestDocument(
    of step: DataStep,
    _ tokenizer: Tokenizer?,
    beyond positions: Int
  ) -> Int? {
    let sizes = step.source.files.map { TextReader.size($0.path) ?? .max }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0 <= mostBytes / sizes.count }),
      sizes.reduce(0, +) > positions
    else { return nil }
    guard let documents = try? step.source.documents() else { return nil }
    var count = 0
    var longest = ""
    for document in documents {
      switch document {
      case .tokens(let tokens, _): count = max(count, tokens.count)
      case .text(let text):
        if text.utf8.count > longest.utf8.count { longest = text }
      case .exchange(let prompt, let answer, _):
        if prompt.utf8.count + answer.utf8.count > longest.utf8.count { longest = prompt + answer }
      }
    }
    if let tokenizer, longest.utf8.count > positions {
      // Tokens are hardly longer on average, so this much tells, however long the rest is.
      let part = String(longest.unicodeScalars.prefix(16 * positions))
      count = max(count, tokenizer.encode(part, addingSpecialTokens: false).count)
    }
    return count > positions ? count : nil
  }

  private static func check(
    _ step: SaveStep,
    _ derivation: [String]
  ) throws {
    guard OutputDirectory(step.path).isTaken else { return }
    // The same steps may find their own result, which is compared when it gets there.
    if SavedRecord(in: step.path)?.derivation == derivation { return }
    try Saving.checkReplaceable(
      step.path,
      overwrite: step.overwrite,
      readingAtMost: FileHashes.mostWhileLooking
    )
  }
}

extension PruneStep {
  /// What the step's amount means for a model.
  func budget(for model: LanguageModel, opened: LanguageModel) throws(BudgetError) -> Budget {
    try Budget(amount, keep: keep, spread: spread, units: units, model: model, opened: opened)
  }
}
