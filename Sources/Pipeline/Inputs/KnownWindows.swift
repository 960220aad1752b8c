import BillhookCore
import Synchronization

/// The windows of a plan's data, as far as they are known before anything is computed: small data is cut
/// once, and of other data the settings may tell how many windows there are.
package final class KnownWindows: Sendable {
  /// Data whose files hold more is not cut for this alone.
  private static let mostBytes = 1 << 20

  /// Data with more tokens in all its windows, which may overlap, is not cut either.
  private static let mostTokens = 1 << 22

  private let cut = Mutex<[String: TokenSet?]>([:])

  init() {}

  /// The steps of a training on some data.
  ///
  /// - Parameters:
  ///   - recovery: The training.
  ///   - key: The key of the data.
  ///   - inputs: What the plan works with.
  ///   - model: The model that the plan begins with; nil to cut nothing that was not cut before.
  /// - Returns: Their number; nil where only the run tells.
  /// - Throws: `ParameterProblem` where nothing is left to train on.
  func stepCount(
    of recovery: any TrainingRecovery,
    on key: String,
    _ inputs: PlanInputs,
    for model: LanguageModel?
  ) throws(ParameterProblem) -> Int? {
    let settings = recovery.training
    let isSet = settings.epochs != nil || settings.steps != nil || settings.tokens != nil
    let epochs = isSet ? 1 : recovery.usualEpochs
    if let step = inputs.data[key], let count = step.windows.samples {
      let left = try settings.windowsLeft(of: count)
      // Windows at random places of a text are all as long.
      let length = step.windows.windows == .random ? step.windows.length : nil
      let whole = length.map { $0 + (step.windows.bos == .every ? 1 : 0) }
      if let steps = settings.stepCount(onWindows: left, of: whole, epochs: epochs) { return steps }
    }
    guard let windows = windows(of: key, inputs, for: model) else { return settings.steps }
    _ = try settings.windowsLeft(of: windows.windows.count)
    return try? settings.stepCount(on: windows, epochs: epochs)
  }

  /// Cuts small data, to find what is wrong with it.
  ///
  /// - Parameters:
  ///   - step: The data.
  ///   - inputs: What the plan works with.
  ///   - model: The model that the plan begins with.
  /// - Throws: Why it gives no windows, as the run would say.
  func check(_ step: DataStep, _ inputs: PlanInputs, for model: LanguageModel) throws {
    let made = try windows(of: step, inputs, for: model)
    cut.withLock { $0[step.key] = .some(made) }
  }

  /// The windows of small data; nil for other data, and where they cannot be made, which the run tells.
  private func windows(
    of key: String,
    _ inputs: PlanInputs,
    for model: LanguageModel?
  ) -> TokenSet? {
    if let known = cut.withLock({ $0[key] }) { return known }
    guard let model, let step = inputs.data[key] else { return nil }
    let made = try? windows(of: step, inputs, for: model)
    cut.withLock { $0[key] = .some(made) }
    return made
  }

  private func windows(
    of step: DataStep,
    _ inputs: PlanInputs,
    for model: LanguageModel
  ) throws -> TokenSet? {
    guard step.source.dataForm == .text else { return nil }
    if let source = step.source as? any MixedSource {
      guard source.mixture.tokens ?? 0 <= Self.mostBytes else { return nil }
      let sets = step.parts.compactMap { windows(of: $0, inputs, for: model) }
      guard sets.count == step.parts.count else { return nil }
      return try source.mixture.drawn(from: sets, named: source.parts.map(\.name))
    }
    let sizes = step.source.files.map { TextReader.size($0.path) ?? .max }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0 <= Self.mostBytes / sizes.count }) else {
      return nil
    }
    guard Self.mostTokens(of: step.windows, bytes: sizes.reduce(0, +)) <= Self.mostTokens else {
      return nil
    }
    let documents = try step.documents(nil)
    let needsTokenizer = step.needsTokenizer(for: documents, of: model)
    let tokenizer = needsTokenizer ? try model.directory.tokenizer() : nil
    let tokens = try step.windows(of: documents, for: model, tokenizer, nil)
    try step.check(tokens, for: model)
    return tokens
  }

  /// The most tokens that the windows of a text hold: each byte may be one.
  private static func mostTokens(of windows: WindowSettings, bytes: Int) -> Int {
    guard let length = windows.length else { return bytes }
    let count = windows.windows == .random ? windows.samples : nil
    return length *| (count ?? bytes / max(1, windows.stride ?? length) + 1)
  }
}
