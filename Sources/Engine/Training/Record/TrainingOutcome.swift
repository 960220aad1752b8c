package import BillhookFiles

/// The outcome of a training: its losses at the beginning and at the end.
public struct TrainingOutcome: Sendable, Equatable {
  /// A loss before and after a training, in nats per token.
  public struct Change: Sendable, Equatable {
    /// The loss before the first step.
    public let before: Double
    /// The loss after the training.
    public let after: Double
  }

  /// A loss after some steps, in nats per token.
  package struct Point: Sendable, Equatable {
    /// The number of steps; 0 for before the first.
    package let step: Int
    /// The loss: of a step's tokens before the update, or on the held-out windows after it.
    package let loss: Double
  }

  /// The losses of the steps, as means of neighbours where there are many.
  package let curve: [Point]
  /// The losses on the held-out windows; none where nothing is held out.
  package let heldOutCurve: [Point]
  /// The number of steps.
  public let steps: Int
  /// The step whose weights the training ended with; 0 for the initial weights.
  public let resultStep: Int
  /// The highest learning rate of all steps.
  public let learningRate: Double
  /// The loss of the first step and of the last, each before the update.
  public let loss: Change
  /// The mean loss over the first and the last tenth of the steps, at least one step each.
  public let meanLoss: Change
  /// The loss on the held-out windows before the first step, and with the final weights; nil where
  /// nothing is held out.
  public let heldOut: Change?

  /// The file in the folder of a training that holds its log.
  package static let logName = "log.jsonl"

  /// The most points of a curve that is kept.
  static let mostPoints = 500

  /// How much larger the training loss may be at the end; it fluctuates, because steps use
  /// different windows.
  static let toleratedGrowth = 1.25

  /// A warning that the training made the model worse, or changed nothing; nil if it did neither.
  public var warning: String? {
    let rate = "lower `learning_rate` (\(learningRate))"
    if let heldOut {
      if heldOut.after > heldOut.before {
        return "the training made the model worse: the held-out loss is "
          + "\(rounded(heldOut.after)) and was \(rounded(heldOut.before)) before; \(rate), or set "
          + "`result = best`"
      }
      guard resultStep == 0 else { return nil }
      return "no step made the held-out loss smaller than \(rounded(heldOut.before)), so the "
        + "weights are those from before the training; \(rate)"
    }
    guard meanLoss.after > Self.toleratedGrowth * meanLoss.before else { return nil }
    return "the training made the model worse: its loss is \(rounded(meanLoss.after)) over the "
      + "last tenth of its steps and was \(rounded(meanLoss.before)) over the first; \(rate), or "
      + "lengthen `warmup`"
  }

  /// The losses in a few words.
  package var summary: String {
    var words = "loss \(rounded(loss.before)) at step 1, \(rounded(loss.after)) at step \(steps)"
    if let heldOut {
      words += "; held-out loss \(rounded(heldOut.before)) before, \(rounded(heldOut.after)) after"
      if resultStep != steps { words += " (step \(resultStep))" }
    }
    return words
  }
}

extension TrainingOutcome {
  /// Reads the outcome from the log of a training; nil when not all of its steps were done.
  package init?(log: [UInt8]) {
    var losses: [Double] = []
    var heldOut: [Int: Double] = [:]
    var rate = 0.0
    var result: Int?
    for line in log.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSON(parsing: Array(line)) else { return nil }
      result = json["result"]?.int ?? result
      guard let step = json["step"]?.int else { continue }
      if let loss = json["held_out_loss"]?.double {
        heldOut[step] = loss
      } else {
        guard let loss = json["loss"]?.double, step == losses.count + 1 else { return nil }
        losses.append(loss)
        rate = max(rate, json["learning_rate"]?.double ?? 0)
      }
    }
    guard let first = losses.first, let last = losses.last, let result else { return nil }
    let tenth = max(1, losses.count / 10)
    func mean(_ losses: ArraySlice<Double>) -> Double { losses.reduce(0, +) / Double(tenth) }
    steps = losses.count
    curve = Self.curve(of: losses)
    heldOutCurve = heldOut.sorted { $0.key < $1.key }.map { Point(step: $0.key, loss: $0.value) }
    resultStep = result
    learningRate = rate
    loss = Change(before: first, after: last)
    meanLoss = Change(before: mean(losses.prefix(tenth)), after: mean(losses.suffix(tenth)))
    self.heldOut = heldOut[0].flatMap { before in
      heldOut[result].map { Change(before: before, after: $0) }
    }
  }

  /// Reads the form that `json` writes; nil for anything else.
  package init?(_ json: JSON) {
    guard let steps = json["steps"]?.int, let result = json["result_step"]?.int,
      let rate = json["learning_rate"]?.double, let loss = json["loss"].flatMap(Change.init),
      let mean = json["mean_loss"].flatMap(Change.init)
    else { return nil }
    self.steps = steps
    curve = (json["curve"]?.array ?? []).compactMap(Point.init)
    heldOutCurve = (json["held_out_curve"]?.array ?? []).compactMap(Point.init)
    resultStep = result
    learningRate = rate
    self.loss = loss
    meanLoss = mean
    heldOut = json["held_out_loss"].flatMap(Change.init)
  }

  /// The outcome as reports and stages store it.
  package var json: JSON {
    [
      "steps": .number(JSONNumber(steps)),
      "result_step": .number(JSONNumber(resultStep)),
      "learning_rate": JSONNumber(learningRate).map(JSON.number) ?? .null,
      "loss": loss.json,
      "mean_loss": meanLoss.json,
      "held_out_loss": heldOut?.json ?? .null,
      "warning": warning.map(JSON.string) ?? .null,
      "curve": .array(curve.map(\.json)),
      "held_out_curve": .array(heldOutCurve.map(\.json)),
    ]
  }

  /// The losses of steps in at most `mostPoints` points: each the mean of as many neighbours.
  private static func curve(of losses: [Double]) -> [Point] {
    let stride = max(1, (losses.count + mostPoints - 1) / mostPoints)
    return Swift.stride(from: 0, to: losses.count, by: stride).map { start in
      let some = losses[start..<min(start + stride, losses.count)]
      return Point(step: start + some.count, loss: some.reduce(0, +) / Double(some.count))
    }
  }
}

extension TrainingOutcome.Point {
  fileprivate init?(_ json: JSON) {
    guard let step = json["step"]?.int, let loss = json["loss"]?.double else { return nil }
    self.init(step: step, loss: loss)
  }

  fileprivate var json: JSON {
    ["step": .number(JSONNumber(step)), "loss": JSONNumber(loss).map(JSON.number) ?? .null]
  }
}

extension TrainingOutcome.Change {
  fileprivate init?(_ json: JSON) {
    guard let before = json["before"]?.double, let after = json["after"]?.double else { return nil }
    self.init(before: before, after: after)
  }

  fileprivate var json: JSON {
    [
      "before": JSONNumber(before).map(JSON.number) ?? .null,
      "after": JSONNumber(after).map(JSON.number) ?? .null,
    ]
  }
}
