import BillhookTorch

/// What a teacher predicts of the windows of a training.
///
/// They are found by their contents, whatever order a training takes them in, as a teacher predicts the
/// same of equal windows.
struct KeptPredictions {
  let stored: StoredPredictions
  /// The place of the first target of each window among all.
  private let firstPlaces: [TokenWindow: Int]

  /// - Throws: `TrainingError` when the predictions are those of other tokens.
  init(_ stored: StoredPredictions, of tokens: TokenSet) throws {
    guard stored.shape.count == tokens.targetCount else {
      throw TrainingError(
        "the teacher's predictions are those of \(stored.shape.count) tokens, and the data has "
          + "\(tokens.targetCount)"
      )
    }
    self.stored = stored
    var place = 0
    var found: [TokenWindow: Int] = [:]
    for window in tokens.windows {
      if found[window] == nil { found[window] = place }
      place += window.targetCount
    }
    firstPlaces = found
  }

  /// The places of a batch's targets, window by window.
  func places(of batch: TokenBatch) throws -> [Range<Int>] {
    try batch.windows.map { window in
      guard let start = firstPlaces[window] else {
        throw TrainingError("the teacher's predictions lack a window of the data")
      }
      return start..<start + window.targetCount
    }
  }
}

/// What is learnt from one batch of which a teacher's predictions were kept.
struct KeptBatch: BatchObjective {
  private let distillation: Distillation
  private let places: [Range<Int>]
  private let stored: StoredPredictions

  init(distillation: Distillation, places: [Range<Int>], of stored: StoredPredictions) {
    self.distillation = distillation
    self.places = places
    self.stored = stored
  }

  var copies: Int { distillation.copies }

  func loss(_ piece: LossHead.Piece, _ logits: Tensor) throws -> (sum: Double, gradient: Tensor) {
    let given = try stored.distributions(at: places.narrowed(to: piece.range))
    let device = logits.device
    guard let tokens = given.tokens else {
      return try distillation.loss(of: piece.targets, logits, isNormalised: true) {
        try given.logProbabilities.to(device: device)
      }
    }
    return try distillation.loss(
      of: piece.targets,
      logits,
      keeping: tokens.to(device: device),
      among: min(stored.shape.vocabulary, logits.shape[1]),
      given: given.logProbabilities.to(device: device)
    )
  }
}

extension [Range<Int>] {
  /// The part of these ranges, one after another, that a range of their elements names.
  fileprivate func narrowed(to wanted: Range<Int>) -> [Range<Int>] {
    var start = 0
    var found: [Range<Int>] = []
    for range in self {
      let part = wanted.clamped(to: start..<start + range.count)
      if !part.isEmpty {
        let first = range.lowerBound + part.lowerBound - start
        found.append(first..<first + part.count)
      }
      start += range.count
    }
    return found
  }
}
