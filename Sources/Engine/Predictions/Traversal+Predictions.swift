import BillhookFiles
import BillhookModels
import BillhookTorch

extension Traversal {
  /// Gathers what the model predicts at each target, into files of a folder; what was stopped goes on,
  /// with the same bytes in the end.
  ///
  /// Some of the windows are run through all blocks after the others, as the hidden states of millions of
  /// tokens have no room.
  ///
  /// - Parameters:
  ///   - tokens: The tokens.
  ///   - kept: The number of likeliest tokens that are kept at each target; nil for all.
  ///   - count: The number of the first tokens whose distribution is wanted; nil for all that the model knows.
  ///   - temperature: What logits are divided by before probabilities are taken of them.
  ///   - folder: A folder whose name identifies the model, the tokens and what is kept.
  ///   - interval: The shortest time between two checkpoints of a pass.
  ///   - atOnce: The most tokens of a pass; a longer window has one of its own.
  /// - Returns: What was gathered.
  /// - Throws: `DataError` when nothing is to be predicted, or logits are NaN or infinite;
  ///   `BrokenWeight` where weights are the reason; `FileError` when the disk is full; `Cancelled`.
  package func gatherPredictions(
    on tokens: TokenSet,
    keeping kept: Int?,
    among count: Int? = nil,
    temperature: Double = 1,
    in folder: String,
    interval: Duration = .seconds(60),
    ofAtMost atOnce: Int = PredictionPasses.tokensAtOnce
  ) throws -> StoredPredictions {
    let shape = StoredPredictions.Shape(
      count: tokens.targetCount,
      vocabulary: count ?? model.configuration.vocabularySize,
      keeping: kept
    )
    guard shape.count > 0 else { throw DataError.nothingToPredict }
    let passes = PredictionPasses(over: tokens, ofAtMost: atOnce)
    var writer: PredictionWriter?
    let finished = PassCheckpoint(
      in: folder,
      named: "passes",
      context,
      interval: .zero,
      restore: { state in
        let written = try state["written"]?.integers().first ?? 0
        writer = try PredictionWriter(in: folder, shape, written: written)
      }
    )
    let first = finished.resume(of: passes.count, "passes") { _, _ in true }?.progress.blocks ?? 0
    for index in first..<passes.count {
      let (part, start) = passes[index]
      var written = start
      let checkpoint = PassCheckpoint(
        in: folder,
        named: passes.checkpoint(index),
        context,
        interval: interval,
        save: {
          guard let writer else { return [:] }
          try writer.sync()
          return ["written": try Tensor([written])]
        },
        restore: { state in
          guard let count = try state["written"]?.integers().first else { return }
          writer = try PredictionWriter(in: folder, shape, written: count)
          written = count
        }
      )
      let traversal = Traversal(model, context.part(index, of: passes.count))
      try traversal.predict(part, checkpoint: checkpoint) { seen in
        let current = try writer ?? PredictionWriter(in: folder, shape, written: nil)
        writer = current
        try requireFinite(seen.logits)
        for part in try seen.narrowed(to: shape.vocabulary).cooled(by: temperature).parts {
          let kept = shape.kept.map(Predictions.Kept.likeliest) ?? .all
          try current.write(Predictions(part, keeping: kept), at: start + part.places.lowerBound)
          written = max(written, start + part.places.upperBound)
        }
      }
      try writer?.sync()
      guard index + 1 < passes.count else { break }
      try finished.write(.init(blocks: index + 1), ["written": Tensor([written])])
      try FileSystem.remove("\(folder)/\(passes.checkpoint(index)).safetensors")
    }
    return try StoredPredictions(in: folder, shape)
  }

  private func requireFinite(_ logits: Tensor) throws {
    guard try !logits.allFinite() else { return }
    try model.requireFiniteWeights()
    throw DataError(
      "the model's logits are NaN or infinite, though all weights are finite: "
        + context.dtype.adviceOnOverflow
    )
  }
}

extension PredictingLogits {
  /// The same with all logits divided by a temperature.
  fileprivate func cooled(by temperature: Double) throws -> PredictingLogits {
    guard temperature != 1 else { return self }
    return PredictingLogits(
      places: places,
      logits: try logits * (1 / temperature),
      targets: targets
    )
  }
}

extension DataError {
  /// No window holds a token that is predicted.
  public static var nothingToPredict: DataError {
    DataError("the windows hold no token to predict; each needs two tokens at least")
  }
}
