import BillhookModels
import BillhookTorch

/// Which windows each step of a training uses; every epoch uses all windows once.
struct TrainingOrder {
  private let windows: [TokenWindow]
  private let batch: Int
  private let shuffles: Bool
  private let seed: RandomSeed
  private var epoch: (number: Int, order: [Int])?

  /// The number of steps.
  private(set) var stepCount = 0

  /// Makes the order of the windows.
  ///
  /// - Parameters:
  ///   - windows: The windows.
  ///   - settings: How long to train, and the size of a batch.
  ///   - epochs: The number of epochs where the settings name none.
  /// - Throws: `TrainingError` when there are too many steps to count, and `TorchError` from
  ///   libtorch.
  init(_ windows: [TokenWindow], _ settings: TrainingSettings, epochs: Int) throws {
    self.windows = windows
    batch = settings.batch
    shuffles = settings.shuffle
    seed = RandomSeed(settings.seed)
    if let steps = settings.steps {
      stepCount = steps
    } else if let budget = settings.tokens?.count {
      // Whole epochs are counted first, as their order does not matter.
      let perEpoch = windows.reduce(0) { $0 + $1.tokens.count }
      let epochs = (budget - 1) / max(1, perEpoch)
      guard epochs < Int(Int32.max) else {
        throw TrainingError("`tokens = \(budget)` is more than can be counted in steps")
      }
      stepCount = epochs * stepsPerEpoch
      var tokens = epochs * perEpoch
      while tokens < budget {
        tokens += try self.windows(of: stepCount).reduce(0) { $0 + $1.tokens.count }
        stepCount += 1
      }
    } else {
      stepCount = (settings.epochs ?? epochs) * stepsPerEpoch
    }
  }

  private var stepsPerEpoch: Int { (windows.count + batch - 1) / batch }

  /// The windows of a step, counted from 0.
  mutating func windows(of step: Int) throws -> [TokenWindow] {
    let number = step / stepsPerEpoch
    if epoch?.number != number { epoch = (number, try order(of: number)) }
    let start = step % stepsPerEpoch * batch
    let part = start..<min(start + batch, windows.count)
    return (epoch?.order[part] ?? []).map { windows[$0] }
  }

  private func order(of epoch: Int) throws -> [Int] {
    guard shuffles else { return Array(windows.indices) }
    let generator = try Generator(seed: seed.derived("epoch \(epoch)").value)
    return try generator.permutation(of: windows.count).integers()
  }
}

extension TokenBatch {
  /// How many tokens a micro-batch holds by default: enough to keep the processor busy.
  package static let tokensToTrainOn = 2048
}

extension [TokenWindow] {
  /// Groups windows of similar length into micro-batches, the longest first.
  ///
  /// Where rotary embeddings depend on the length, windows of different frequencies do not run together.
  ///
  /// - Parameters:
  ///   - count: The most windows of each; nil for as many as keep the processor busy.
  ///   - model: The model that they run through.
  /// - Returns: The micro-batches.
  func microBatches(of count: Int?, sharingFrequenciesIn model: LanguageModel) -> [TokenBatch] {
    let rotaries = Set(model.blocks.compactMap { $0.attention?.rotary })
    // The sort is stable, so that windows of equal length keep their order.
    let sorted = enumerated().sorted {
      ($1.element.tokens.count, $0.offset) < ($0.element.tokens.count, $1.offset)
    }
    var batches: [[TokenWindow]] = []
    for (_, window) in sorted {
      let longest = batches.last?.first?.tokens.count ?? 0
      let limit = count ?? Swift.max(1, TokenBatch.tokensToTrainOn / Swift.max(1, longest))
      let isLike = rotaries.allSatisfy { $0.sharesFrequencies(longest, window.tokens.count) }
      if batches.isEmpty || batches[batches.count - 1].count >= limit || !isLike {
        batches.append([window])
      } else {
        batches[batches.count - 1].append(window)
      }
    }
    return batches.map { TokenBatch(windows: $0) }
  }
}
