import BillhookModels

extension TraversalMemory {
  /// What taking predictions from logits takes beside a `forward` pass: five copies in f64 of the logits
  /// that they are taken from at once, and three numbers in f64 for each token.
  package func predictions(_ load: Load) -> Int {
    let vocabulary = model.configuration.vocabularySize
    let logits = max(vocabulary, PredictingLogits.takenAtOnce)
    let tokens = load.tokens ?? .max / vocabulary
    return 5 * 8 *| min(logits, tokens *| vocabulary) +| 3 * 8 *| (load.tokens ?? 0)
  }
}
