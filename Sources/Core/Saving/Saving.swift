import BillhookModels
import BillhookTorch

/// Saves a model: written beside its place, reopened, compared, and only then given its name.
struct Saving {
  let format: any Format
  let context: RunContext

  /// What became of a save.
  enum Outcome: Equatable {
    /// The directory is new.
    case written
    /// The directory held this very result already.
    case alreadyThere
  }

  /// Saves a model with the record of how it came about.
  ///
  /// - Throws: `ModelError` when what was written is not the model, or when another result is in
  ///   its place; what was there before stays.
  func save(
    _ model: LanguageModel,
    _ provenance: Provenance,
    to path: String,
    overwrite: Bool
  ) throws -> Outcome {
    let staging = "\(path).partial"
    try FileSystem.remove(staging)
    try FileSystem.makeDirectory(staging)
    do {
      try format.write(model, into: staging, context)
      try FileSystem.write(
        Array((provenance.json.text() + "\n").utf8),
        to: "\(staging)/\(Provenance.fileName)"
      )
      try compare(model, with: staging)
      if FileSystem.exists(path) {
        if try Self.sameContents(staging, path) {
          try FileSystem.remove(staging)
          return .alreadyThere
        }
        try Self.checkReplaceable(path, overwrite: overwrite)
        let old = FileSystem.unusedPath("\(path).old")
        try FileSystem.rename(path, to: old)
        try FileSystem.rename(staging, to: path)
        try FileSystem.remove(old)
      } else {
        try FileSystem.rename(staging, to: path)
      }
      return .written
    } catch {
      try? FileSystem.remove(staging)
      throw error
    }
  }

  /// Refuses to put a result in the place of something that Billhook did not write.
  static func checkReplaceable(_ path: String, overwrite: Bool) throws(ModelError) {
    guard FileSystem.exists("\(path)/\(Provenance.fileName)") else {
      throw ModelError(
        path,
        "exists and was not written by Billhook, so it is not replaced; save to another path"
      )
    }
    guard overwrite else {
      throw ModelError(
        path,
        "exists and holds another result; set `overwrite = true` or save to another path"
      )
    }
  }

  private func compare(_ model: LanguageModel, with path: String) throws {
    let saved = try LanguageModel(opening: path)
    guard saved.blocks.count == model.blocks.count else {
      throw ModelError(path, "has \(saved.blocks.count) blocks, expected \(model.blocks.count)")
    }
    let pairs = zip(model.configuration.allWeights, saved.configuration.allWeights)
    var wasRounded = false
    for (expected, found) in pairs {
      try context.checkCancelled()
      let dtype = try format.dtype(of: expected.id, in: model)
      let stored = try model.weights.stored(expected.id)
      wasRounded = wasRounded || dtype != stored.dtype
      let tensor = try saved.weights.stored(found.id)
      guard try tensor.dtype == dtype && stored.to(dtype).equals(tensor) else {
        throw ModelError(path, at: "\(found.id)", "is not what was to be written")
      }
    }
    try compareLogits(model, saved, at: path, exactly: !wasRounded)
  }

  private func compareLogits(
    _ model: LanguageModel,
    _ saved: LanguageModel,
    at path: String,
    exactly: Bool
  ) throws {
    let vocabulary = model.configuration.vocabularySize
    let probe = (0..<min(16, model.configuration.maximumPositions)).map { ($0 * 7919) % vocabulary }
    let found = try Traversal(saved, context).logits(of: [probe])
    guard try found.allFinite() else {
      throw ModelError(path, "gives logits that are no numbers")
    }
    guard exactly else { return }
    let expected = try Traversal(model, context).logits(of: [probe])
    let difference = try (expected - found).abs().max().scalar()
    let scale = try expected.abs().max().scalar()
    // The weights are equal bit for bit; only the order of additions may differ with alignment.
    guard difference <= 1e-5 * scale else {
      throw ModelError(
        path,
        "gives other logits than the model in memory: they differ by \(difference)"
      )
    }
  }

  private static func sameContents(_ one: String, _ other: String) throws -> Bool {
    guard FileSystem.isDirectory(other),
      try FileSystem.names(in: one) == FileSystem.names(in: other)
    else { return false }
    for name in try FileSystem.names(in: one) {
      let first = try MappedFile("\(one)/\(name)")
      let second = try MappedFile("\(other)/\(name)")
      let isSame = first.withBytes { one in second.withBytes { one.elementsEqual($0) } }
      guard isSame else { return false }
    }
    return true
  }
}
