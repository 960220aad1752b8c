package import BillhookCore
package import BillhookRecipe

/// The model is written.
package struct SaveStep: PlanStep {
  /// What writes it.
  package let format: any Format
  /// The directory that it becomes.
  package let path: String
  /// Whether an earlier result may be replaced.
  package let overwrite: Bool
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(format: any Format, path: String, overwrite: Bool, span: SourceSpan) {
    self.format = format
    self.path = path
    self.overwrite = overwrite
    self.span = span
  }

  package var plugins: [any Plugin] { [format] }
  package var output: String? { path }
  package var use: ModelUse { .looks() }

  /// What the save is called in progress and journal.
  private var stage: String { "save \(path)" }

  // MARK: Results

  /// The key of the saved model with its record.
  private func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "save",
      of: [("model", state)],
      [
        "format": try keys.plugin(format),
        "path": .string(FileSystem.resolved(path)),
        "companions": try keys.files.contents(of: keys.files.companions),
        // The texts themselves: they are in the record.
        "steps": .array(state.derivation.map(JSON.string)),
        "removals": .array(try state.removals.map { try Self.keyPart(of: $0, keys) }),
      ]
    )
  }

  private static func keyPart(of removal: Change.Removal, _ keys: StageKeys) throws -> JSON {
    [
      "unit": .string(removal.unit), "amount": removal.amount.keyPart,
      "keep": removal.keep.keyPart,
      "criterion": try removal.criterion.map { try keys.plugin($0) } ?? .null,
      "scores": removal.scores.map { .string(SHA256.hex(ScoreFile.text($0))) } ?? .null,
      "removed": removal.removed.keyPart,
      "calibration": try removal.calibration.map(keys.tokens) ?? .null,
    ]
  }

  /// Whether the directory is as a save of this very model left it.
  private func isDone(_ state: ModelState, _ known: KnownStages) throws -> Bool {
    let result = try known.store.result(of: try key(of: state, known.keys))
    return result.map { $0 == SavedRecord.contents(in: path) } ?? false
  }

  // MARK: Running

  /// Saves the model, unless its directory is what an earlier run left there.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let isDone = try isDone(state, run.known)
    guard run.processes.leads else {
      // Process 0 saves.
      return state
    }
    // Links may lead elsewhere than when the recipe was checked.
    try run.places.check(path)
    if isDone {
      try run.stages.reuse(stage) { _ in ((), "it is as it was left") }
    } else {
      try write(state, in: run)
    }
    run.report.saved.append(Report.Saved(branches: run.stages.branches, path: path))
    if let card = try card(of: state, in: path, run) { run.cards.append(card) }
    var state = state
    if try holdsAsItIs(state.model) { state.savedAs = path }
    return state
  }

  /// Whether programs that read directories of models find the model there, with nothing rounded.
  private func holdsAsItIs(_ model: LanguageModel) throws -> Bool {
    guard FileSystem.exists("\(path)/config.json") else { return false }
    return try model.configuration.allWeights.allSatisfy { id, _ in
      let (written, own) = (try format.dtype(of: id, in: model), try model.weights.storedType(id))
      return written == own || written == .float32
    }
  }

  private func write(_ state: ModelState, in run: PlanRun) throws {
    // What the scores decided is known only now.
    if let obstacle = format.obstacle(to: state.model) {
      throw FileError(path, obstacle)
    }
    let provenance = Provenance(
      recipe: run.inputs.source.text,
      source: run.inputs.model.name,
      removals: try state.removals.map { try Self.record($0, run) },
      maskings: try state.maskings.map { masking in
        Provenance.Masking(masking, tokens: try masking.calibration.map { try run.data[$0] })
      },
      quantisations: try state.quantisations.map { quantisation in
        Provenance.Quantisation(
          quantisation,
          tokens: try quantisation.calibration.map { try run.data[$0] }
        )
      },
      derivation: state.derivation,
      parameters: (
        state.model.parameterCount,
        try state.model.nonZeroCount() ?? state.model.parameterCount
      )
    )
    // The rest was said before anything was computed.
    let isScored = state.removals.contains {
      if case .exactly = $0.amount { false } else { true }
    }
    let said = format.cautions(on: state.model, isCertain: !isScored)
    for caution in format.cautions(on: state.model, isCertain: true) where !said.contains(caution) {
      run.stages.note("\(path): \(caution)", of: stage)
    }
    let saving = Saving(format: format, context: run.context)
    try run.stages.run(stage) { byproducts in
      let outcome = try run.files.saving(by: format, to: path) {
        try saving.save(state.model, provenance, to: path, overwrite: overwrite) { written in
          try card(of: state, in: written, run)?.text(run.report) ?? ""
        }
      }
      if let contents = SavedRecord.contents(in: path) {
        try run.known.store.keep(contents, of: try key(of: state, run.keys))
      }
      if !run.hasToldWhatStaysBehind { byproducts.notes += run.opened.leftBehindOnSaving }
      run.hasToldWhatStaysBehind = true
      return ((), outcome == .written ? "written and compared" : "held this result already")
    }
  }

  /// The card of the saved model.
  ///
  /// - Parameters:
  ///   - state: The model.
  ///   - written: The directory that its files lie in.
  ///   - run: What the step needs.
  /// - Returns: The card; nil where nothing is known of the run.
  /// - Throws: `FileError` when masks cannot be read.
  private func card(of state: ModelState, in written: String, _ run: PlanRun) throws -> ModelCard? {
    guard let description = run.report.run else { return nil }
    let configuration = try? JSON(contentsOf: "\(written)/config.json", nonFinite: .kept)
    let loading: ModelCard.Loading =
      configuration.map {
        .transformers(
          ModelCard.Files(
            hasTokenizer: FileSystem.exists("\(written)/tokenizer.json"),
            hasCode: $0["auto_map"]?["AutoModelForCausalLM"] != nil,
            seesImages: $0["vision_config"] != nil,
            hasCodes: $0["quantization_config"]?["quant_method"]?.string?.hasPrefix("gptq") == true
          )
        )
      } ?? .format(format.signature)
    return ModelCard(
      path: path,
      branches: run.stages.branches,
      model: state.identityHash,
      derivation: state.derivation,
      run: description,
      sizes: try sizes(of: state.model, beside: description.model),
      licence: Licence(ofModelIn: run.opened.directory.path),
      loading: loading,
      contents: SavedRecord.contents(in: path)
    )
  }

  private static func record(_ removal: Change.Removal, _ run: PlanRun) throws
    -> Provenance.Removal
  {
    Provenance.Removal(
      unit: removal.unit,
      amount: "\(removal.amount)",
      keep: "\(removal.keep)",
      scores: removal.scores,
      removed: removal.removed,
      tokens: try removal.calibration.map { try run.data[$0] }
    )
  }

  // MARK: Beforehand

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard let state else { return (Forecast.Entry(outlook: .open, stages: [stage]), nil) }
    if try isDone(state, forecast.known) { return (.doneBefore, state) }
    return (forecast.entry(stage, try key(of: state, forecast.known.keys)), state)
  }

  package func check(_ check: inout StepCheck) {
    if path.hasSuffix(LanguageModel.wholeFileSuffix) {
      let folder = path.dropLast(LanguageModel.wholeFileSuffix.count)
      let error = FileError(
        path,
        "is the name of a file, and what is saved is a directory with its record: save to \(folder), "
          + "where `save gguf` writes model\(LanguageModel.wholeFileSuffix)"
      )
      check.report(.unusableTarget("\(error)"), at: span)
    }
    let obstacle = check.course.obstacleToSaving ?? format.obstacle(to: check.course.model)
    if let obstacle {
      check.report(.unusableShape(obstacle), at: span)
    } else {
      for caution in format.cautions(on: check.course.model, isCertain: check.course.isKnown) {
        check.report(.otherReaders(caution), at: span)
      }
    }
    guard !check.unusable.contains(path), OutputDirectory(path).isTaken,
      // The same steps may find their own result, which is compared when it gets there.
      SavedRecord(in: path)?.derivation != check.derivation
    else { return }
    do {
      try Saving.checkReplaceable(
        path,
        overwrite: overwrite,
        readingAtMost: FileHashes.mostWhileLooking
      )
    } catch {
      check.report(.unusableTarget("\(error)"), at: span)
    }
  }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    MemoryEstimate(bytes: try needs.traversal(of: model).saving(), isLeast: false)
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    // What the same steps left there is most likely this very result.
    guard SavedRecord(in: path)?.derivation != derivation else { return nil }
    return DiskNeed(
      kept: try bytes(of: model) + model.carriedByteCount,
      path: OutputDirectory(path).folder
    )
  }

  /// The bytes that the weights of a model take in the files.
  private func bytes(of model: LanguageModel) throws -> Int {
    try model.configuration.allWeights.reduce(0) { bytes, weight in
      bytes + (try format.byteCount(of: weight.id, shape: weight.shape, in: model))
    }
  }

  package func line(_ inputs: PlanInputs) -> String { "save     \(format.signature) to \(path)" }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    guard !overwrite, entry?.outlook != .doneBefore, OutputDirectory(path).isTaken else {
      return []
    }
    return [
      "an earlier run saved there: if the files of this one differ, it ends here; "
        + "`overwrite = true` replaces them"
    ]
  }
}

extension SaveStep {
  /// The sizes of a model, in the files, beside those of the one that it was made of.
  private func sizes(
    of model: LanguageModel,
    beside opened: RunDescription.Model
  ) throws -> [ModelCard.Size] {
    let nonZero = try model.nonZeroCount().map { count in
      ModelCard.Size(
        name: "non-zero parameters",
        before: Quantity.count(opened.parameters),
        after: Quantity.count(count)
      )
    }
    let shape = zip(opened.shape.texts, ModelShapeSummary(model).texts).map { before, after in
      ModelCard.Size(name: before.name, before: before.value, after: after.value)
    }
    let parameters = ModelCard.Size(
      name: "parameters",
      before: Quantity.count(opened.parameters),
      after: Quantity.count(model.parameterCount)
    )
    let bytes = ModelCard.Size(
      name: "size",
      before: Quantity.bytes(opened.bytes),
      after: Quantity.bytes(try bytes(of: model))
    )
    return [parameters] + [nonZero].compactMap(\.self) + [bytes] + shape
  }
}
