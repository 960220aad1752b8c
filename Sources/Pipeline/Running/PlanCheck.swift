package import BillhookCore
package import BillhookRecipe

/// Finds what is wrong with a plan by looking at its model, without computing.
package enum PlanCheck {
  /// Everything that would make the plan fail and can be known now.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - memory: The bytes of memory that there are; nil where they do not matter.
  ///   - isLimit: Whether somebody set them as a limit, which methods are then chosen to keep.
  ///   - device: Where it is computed.
  ///   - work: The work folder that it would be run with; nil where none is known.
  ///   - room: The free bytes of every disk; nil for what the system says of each.
  /// - Returns: What is wrong.
  package static func diagnostics(
    of plan: Plan,
    memory: Int? = Machine.memory,
    isLimit: Bool = false,
    on device: Device = .cpu,
    work: String? = nil,
    room: Int? = nil
  ) -> [Diagnostic] {
    do {
      return try diagnostics(
        of: plan,
        OpenedModel(plan.model),
        memory: memory,
        isLimit: isLimit,
        on: device,
        work: work,
        room: room
      )
    } catch {
      return [diagnostic(of: error, plan)]
    }
  }

  /// Why the plan's model cannot be opened.
  package static func diagnostic(of error: any Error, _ plan: Plan) -> Diagnostic {
    let model = plan.model
    guard let near = NearPath.suggestion(for: model.name, at: model.path) else {
      return Diagnostic(.unusableModel("\(error)"), at: model.span)
    }
    // A path that is put together of variables is not written anew.
    let written = plan.source.text(in: model.span)
    return Diagnostic(
      .missingModel("\(error)", suggestion: "\(Literal.string(near))"),
      at: model.span,
      written: written == "\(Literal.string(model.name))" ? written : nil
    )
  }

  /// The same for a plan whose model is open.
  package static func diagnostics(
    of plan: Plan,
    _ opened: OpenedModel,
    memory: Int?,
    isLimit: Bool,
    on device: Device = .cpu,
    work: String?,
    room: Int? = nil
  ) -> [Diagnostic] {
    do {
      let model = opened.model
      var found = diagnostics(of: plan, model, work)
      let disk = DiskCheck(
        plan,
        work,
        room: room,
        on: device,
        memory: isLimit ? memory : nil
      )
      found += try disk.diagnostics(of: model)
      if let memory {
        found += try MemoryCheck(plan, memory, isLimit: isLimit, on: device).diagnostics(of: model)
      }
      // Of a recipe with errors, nobody knows yet what else will stand in it.
      if !found.contains(where: { $0.severity == .error }) {
        found += ResultCheck.diagnostics(of: plan)
      }
      return found.withoutRepetitions
    } catch {
      return [diagnostic(of: error, plan)]
    }
  }

  private static func diagnostics(
    of plan: Plan,
    _ opened: LanguageModel,
    _ work: String?
  ) -> [Diagnostic] {
    let places = PlanPaths(plan.inputs, plan.uses, work: work)
    let obstacles = places.obstacles()
    let paths = Set(obstacles.map(\.path))
    var found = opened.remarks.map { Diagnostic(.remarkableModel($0), at: plan.model.span) }
    found += dataDiagnostics(of: plan, opened)
    found += obstacles.map { Diagnostic(.unusableTarget("\($0.error)"), at: $0.span) }
    if let work, let obstacle = WorkFolder.obstacle(to: work) {
      let message = "\(FileError(work, obstacle))"
      found.append(Diagnostic(.unusableTarget(message), at: plan.model.span))
    }
    let companions = opened.directory.companions.missing(in: opened.directory.path)
    if let name = companions.first, !places.isEmpty {
      let error = FileError(
        opened.directory.file(name),
        "is a link that leads nowhere, so it cannot be saved with the model; load the file again, or "
          + "remove the link"
      )
      found.append(Diagnostic(.unusableModel("\(error)"), at: plan.model.span))
    }
    var check = StepCheck(plan.inputs, opened, unusable: paths)
    check.follow(plan.steps)
    return found + check.diagnostics
  }

  /// Where the data conflicts with the model's tokenizer or its longest sequence.
  private static func dataDiagnostics(of plan: Plan, _ opened: LanguageModel) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let steps = plan.data.values.sorted { $0.span.start < $1.span.start }
    var tokenizer: Tokenizer?
    if let text = steps.first(where: { type(of: $0.source).yieldsText }) {
      do {
        let read = try opened.directory.tokenizer()
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
        if let tokenizer { try step.checkConversations(for: opened, tokenizer) }
        try plan.inputs.windows.check(step, plan.inputs, for: opened)
        if let tokenizer,
          let size = try plan.inputs.sizes.find(step, for: opened, tokenizer), size.truncated > 0
        {
          let positions = opened.configuration.maximumPositions
          let problem = PlanProblem.truncated(
            step.place,
            size.truncated,
            of: size.requests,
            positions
          )
          found.append(Diagnostic(problem, at: step.span))
        }
      } catch {
        let name = type(of: step.source).name
        found.append(Diagnostic(.inconsistent(name, "\(error)"), at: step.span))
      }
    }
    let positions = opened.configuration.maximumPositions
    for step in steps where step.source.dataForm == .text {
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

  /// Larger files are not read for this alone; a run tells instead.
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
      case .conversation: break
      case .window(let window): count = max(count, window.tokens.count)
      case .text(let text):
        if text.utf8.count > longest.utf8.count { longest = text }
      case .exchange(let prompt, let answer, _):
        if prompt.utf8.count + answer.utf8.count > longest.utf8.count { longest = prompt + answer }
      }
    }
    if let tokenizer, longest.utf8.count > positions {
      // Tokens are hardly longer than this on average, so this part of the text is enough.
      let part = String(longest.unicodeScalars.prefix(16 * positions))
      count = max(count, tokenizer.encode(part, addingSpecialTokens: false).count)
    }
    return count > positions ? count : nil
  }
}

extension StepCheck {
  /// Why nothing changes a model whose weights are codes.
  private static let quantiseLast =
    "weights in codes are not changed any more: prune, repair and recover first, and quantise last, from "
    + "weights that were not quantised before"

  /// Checks steps; what a branch does to the model ends with it.
  fileprivate mutating func follow(_ steps: [any PlanStep]) {
    for step in steps {
      if let inner = step.inner {
        let before = (course, derivation, savedAs)
        follow(inner.steps)
        (course, derivation, savedAs) = before
        continue
      }
      if case .changes(let keyword, _, _) = step.use, course.model.isQuantised {
        report(.inconsistent(keyword, Self.quantiseLast), at: step.span)
        continue
      }
      for plugin in step.plugins { reportMissing(of: plugin, at: step.span) }
      step.check(&self)
      if case .changes(let keyword, _, keepsNumbers: false) = step.use {
        course.changedBy = keyword
      }
      if let change = step.derivation(inputs) {
        derivation.append(change)
        savedAs = []
      }
      if let output = step.output { savedAs.insert(output) }
    }
  }
}

extension [Diagnostic] {
  /// Each diagnostic once: what is wrong inside a loop is wrong each time.
  package var withoutRepetitions: [Diagnostic] {
    var seen: Set<String> = []
    return filter { seen.insert("\($0.span.start) \($0.code) \($0.message)").inserted }
  }
}
