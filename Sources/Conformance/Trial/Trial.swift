import BillhookCore
import BillhookPlugins
import Foundation

/// A tiny random model with random data, in a folder of its own, where a plugin is tried.
struct Trial {
  /// What messages call the model.
  let name: String
  let folder: String
  let model: LanguageModel
  let tokens: TokenSet

  /// Calls `body` with a trial on a model; the folder is gone afterwards.
  static func with(_ model: TinyModel, _ body: (Trial) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/billhook-\(UUID().uuidString)"
    try FileSystem.makeDirectory(folder)
    defer { try? FileSystem.remove(folder) }
    let trial = try Trial(
      name: "the tiny \(model.rawValue)",
      folder: folder,
      model: model.make(in: folder),
      tokens: TinyModel.windows()
    )
    try FileSystem.write(Array(TokenFile.text(trial.tokens).utf8), to: trial.windows)
    try body(trial)
  }

  /// The file with the windows.
  var windows: String { "\(folder)/windows.txt" }

  /// A path for a folder that does not exist yet.
  func place(_ name: String) -> String {
    FileSystem.unusedPath("\(folder)/\(name)", extension: "d")
  }

  /// A context in which about a given number of tokens run at once.
  func context(tokensAtOnce: Int? = nil, scratch: String? = nil) -> RunContext {
    var context = RunContext(scratch: scratch ?? "\(folder)/scratch")
    context.tokensAtOnce = tokensAtOnce ?? context.tokensAtOnce
    return context
  }

  /// Token counts that group windows into batches in two ways: a few of one length, and each by
  /// itself.
  ///
  /// Without such a count, all neighbours of one length are in one batch.
  static let batchSizes = [40, 1]

  /// Asks again with each of those counts, and compares the numbers.
  ///
  /// - Parameters:
  ///   - what: What is asked for, with its verb, for example `scores of block are`.
  ///   - expected: The numbers that were given without a count.
  ///   - tolerance: How far numbers may be apart, relative to the largest.
  ///   - verdict: Takes what differs.
  ///   - numbers: The numbers with a count.
  /// - Returns: Whether there was an answer each time.
  func checkBatches(
    _ what: String,
    equal expected: [Double],
    within tolerance: Double = Verdict.tolerance,
    _ verdict: inout Verdict,
    _ numbers: (Int) throws -> [Double]
  ) -> Bool {
    for size in Self.batchSizes {
      guard let found = verdict.answer(what, { try numbers(size) }) else { return false }
      verdict.require(
        found,
        equal: expected,
        within: tolerance,
        .batches,
        "\(what) different when \(size) tokens run at once"
      )
    }
    return true
  }

  /// The same windows, the last one first.
  var reversedTokens: TokenSet { TokenSet(tokens.windows.reversed(), note: tokens.note) }

  /// The built-in plugins of a kind.
  static func builtin<P>(_ kind: P.Type = P.self) -> [P] {
    BuiltinPlugins.all.compactMap { $0.init() as? P }
  }

  /// The built-in criterion that masks are tried with, since it needs no data.
  static var magnitude: (any SaliencyCriterion)? { criterion("magnitude") }

  /// The built-in criterion that masks are tried with where what runs through the model has to decide.
  static var wanda: (any SaliencyCriterion)? { criterion("wanda") }

  private static func criterion(_ name: String) -> (any SaliencyCriterion)? {
    builtin().first { type(of: $0).name == name }
  }

  /// The built-in repair that masks are chosen slab by slab with.
  static var slabRepair: (any Repair)? {
    builtin().first { type(of: $0).name == "sparsegpt" }
  }

  /// The built-in units.
  var units: [any PruningUnit] {
    Self.builtin().sorted { type(of: $0).name < type(of: $1).name }
  }

  /// The model without some units.
  func cut(_ removed: [PrunableUnit], _ unit: any PruningUnit) throws -> LanguageModel {
    try model.removing(unit.closing(removed, in: model.gates, of: model))
  }
}
