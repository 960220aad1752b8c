import BillhookCore

/// Saves a model: written beside its place, reopened, compared, and only then given its name.
package struct Saving {
  let format: any Format
  let context: RunContext

  /// What became of a save.
  enum Outcome: Equatable {
    /// The directory is new.
    case written
    /// The directory held this very result already.
    case alreadyThere
  }

  /// Saves a model with the record of how it came about, and a card for people.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - provenance: How it came about.
  ///   - path: The directory that it becomes.
  ///   - overwrite: Whether an earlier result may be replaced.
  ///   - card: Makes the text of the card, given the directory with everything else; nil for none.
  /// - Returns: What became of it.
  /// - Throws: `FileError` when what was written is not the model, or when another result is in
  ///   its place; what was there before stays.
  func save(
    _ model: LanguageModel,
    _ provenance: Provenance,
    to path: String,
    overwrite: Bool,
    card: ((_ written: String) throws -> String)? = nil
  ) throws -> Outcome {
    let place = OutputDirectory(path)
    let staging = try place.stage()
    do {
      try format.answer { try format.write(model, into: staging.new, context.part(0, of: 3)) }
      let base = model.directory.path
      let hasCard = try card != nil && ModelCardFile.prepare(staging.new, madeOf: base)
      try FileSystem.write(
        Array(provenance.text(with: try WrittenFiles(of: staging.new)).utf8),
        to: "\(staging.new)/\(SavedRecord.fileName)"
      )
      if hasCard, let card {
        let text = try card(staging.new)
        try FileSystem.write(Array(text.utf8), to: "\(staging.new)/\(SealedPage.cardName)")
      }
      try compare(model, with: staging.new, for: path, context.part(1, of: 3))
      let outcome = try give(
        place,
        to: staging,
        overwrite: overwrite,
        hasCard: hasCard,
        context.part(2, of: 3)
      )
      try staging.remove()
      return outcome
    } catch {
      try? staging.remove()
      throw error
    }
  }

  /// Gives a directory its name, unless another one has it that must stay.
  private func give(
    _ place: OutputDirectory,
    to staging: Staging,
    overwrite: Bool,
    hasCard: Bool,
    _ context: RunContext
  ) throws -> Outcome {
    guard place.isTaken else {
      try place.put(staging)
      return .written
    }
    let differing = try place.files(
      differingFrom: staging.new,
      comparing: [SavedRecord.fileName: SavedRecord.agree],
      between: context.advance(to:)
    )
    // What was measured changes a card, and users may write their own: it is no part of the result.
    if differing.allSatisfy({ hasCard && $0 == SealedPage.cardName }) { return .alreadyThere }
    let before = try WrittenFiles.identities(in: place.path)
    try Self.checkReplaceable(place.path, overwrite: overwrite)
    try place.replace(by: staging) { try WrittenFiles.identities(in: $0) == before }
    return .written
  }

  /// Refuses to put a result in the place of something that Billhook did not write, or that was
  /// changed since.
  ///
  /// - Parameters:
  ///   - path: What is there.
  ///   - overwrite: Whether an earlier result may be replaced.
  ///   - limit: The most bytes of a file whose contents are looked at; larger ones go by their size.
  /// - Throws: `FileError` that says what is in the way, and what to do.
  package static func checkReplaceable(
    _ path: String,
    overwrite: Bool,
    readingAtMost limit: Int = .max
  ) throws {
    guard let record = SavedRecord(in: path) else {
      throw FileError(
        path,
        "exists and was not written by Billhook, so it is not replaced; save to another path"
      )
    }
    guard overwrite else {
      throw FileError(
        path,
        "exists and holds another result; set `overwrite = true` or save to another path"
      )
    }
    guard let strangers = try record.strangers(in: path, readingAtMost: limit) else {
      throw FileError(
        path,
        "was written by a version of Billhook that kept no list of its files, so nobody can tell "
          + "what else is in it; remove it yourself, or save to another path"
      )
    }
    guard strangers.isEmpty else {
      throw FileError(
        path,
        "holds what Billhook did not leave there: \(strangers.text); nothing is replaced: move that "
          + "to another place, or save to another path"
      )
    }
  }

  private func compare(
    _ model: LanguageModel,
    with path: String,
    for target: String,
    _ context: RunContext
  ) throws {
    let saved = try format.answer { try format.read(path) }
    guard saved.blocks.count == model.blocks.count else {
      throw FileError(path, "has \(saved.blocks.count) blocks, expected \(model.blocks.count)")
    }
    guard saved.configuration.computesLike(model.configuration) else {
      throw FileError(path, "its configuration does not describe what was to be written")
    }
    if let name = try model.firstCarried(missingIn: saved) {
      throw FileError(path, at: name, "is not what was to be written")
    }
    let expected = model.configuration.allWeights
    let found = saved.configuration.allWeights
    guard expected.map(\.id.role) == found.map(\.id.role) else {
      throw FileError(path, "does not hold the weights that were to be written")
    }
    var wasRounded = false
    var looked = 0
    for (expected, found) in zip(expected, found) {
      try context.advance(to: Double(looked) / Double(model.parameterCount))
      looked += expected.shape.reduce(1, *)
      let dtype = try format.dtype(of: expected.id, in: model)
      let stored = try model.weights.stored(expected.id)
      let written = try format.rounded(stored, of: expected.id, in: model)
      let tensor = try saved.weights.stored(found.id)
      guard try tensor.dtype == dtype && written.hasSameBytes(as: tensor) else {
        throw FileError(path, at: "\(found.id)", "is not what was to be written")
      }
      if !wasRounded { wasRounded = try !written.to(stored.dtype).hasSameBytes(as: stored) }
      let (mask, savedMask) = try (
        model.weights.mask(expected.id), saved.weights.mask(found.id)
      )
      let isSameMask =
        switch (type(of: format).keepsMasks ? mask : nil, savedMask) {
        case (let mask?, let saved?): try mask.hasSameBytes(as: saved)
        case (nil, nil): true
        default: false
        }
      guard isSameMask else {
        throw FileError(path, at: "\(found.id)", "its mask is not what was to be written")
      }
      guard try tensor.allFinite() else {
        try model.requireFiniteWeights()
        throw FileError(
          target,
          at: "\(expected.id)",
          "would hold numbers up to \(try stored.to(.float32).abs().max().scalar()), which are infinite in "
            + "\(dtype); save with `dtype = bfloat16` or `float32`"
        )
      }
      model.weights.advise(expected.id, .notForNow)
      saved.weights.advise(found.id, .notForNow)
    }
    try compareLogits(model, saved, at: path, exactly: !wasRounded, context.silent)
  }

  private func compareLogits(
    _ model: LanguageModel,
    _ saved: LanguageModel,
    at path: String,
    exactly: Bool,
    _ context: RunContext
  ) throws {
    let vocabulary = model.configuration.vocabularySize
    let probe = (0..<min(16, model.configuration.maximumPositions)).map { ($0 * 7919) % vocabulary }
    // In f32 whatever the recipe computes in: there, only the order of additions may differ.
    let context = context.computing(in: .float32)
    let found = try Traversal(saved, context).logits(of: [probe])
    guard try found.allFinite() else {
      throw FileError(
        path,
        "gives logits that are not finite, though all weights are finite: "
          + DType.float32.adviceOnOverflow
      )
    }
    guard exactly else { return }
    let expected = try Traversal(model, context).logits(of: [probe])
    let difference = try (expected - found).abs().max().scalar()
    let scale = try expected.abs().max().scalar()
    guard difference <= 1e-5 * scale else {
      throw FileError(
        path,
        "gives other logits than the model in memory: they differ by \(difference)"
      )
    }
  }
}
