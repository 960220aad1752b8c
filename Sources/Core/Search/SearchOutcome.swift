package import BillhookFiles

/// What a search came to: the losses of its start and of its answer, or what else candidates were compared
/// by, and how they converged.
package struct SearchOutcome: Sendable, Equatable {
  /// The losses of one step's candidates, or what else they were compared by.
  package struct Point: Sendable, Equatable {
    /// The number of the step, from 0.
    package let step: Int
    /// The lowest loss of the step's candidates, in nats a token; the best value of another fitness.
    package let best: Double
    /// The mean of their losses or values.
    package let mean: Double
  }

  /// The metric that candidates were compared by, where that was not their loss.
  package struct Fitness: Sendable, Equatable {
    /// The evaluation with its settings.
    package let evaluation: String
    /// The name of its main metric.
    package let metric: String
    /// Which way it gets better.
    package let direction: MetricDirection
  }

  /// The number of candidates that were evaluated, with those of the comparison.
  package let evaluations: Int
  /// The loss of what scores alone would remove, in nats a token, or the value of another fitness.
  package let start: Double
  /// The same of the search's answer, on the same windows.
  package let answer: Double
  /// The number of windows of that comparison.
  package let windows: Int
  /// The losses of the steps, thinned out where there are many.
  package let curve: [Point]
  /// What candidates were compared by; nil for their loss.
  package let fitness: Fitness?

  package init(
    evaluations: Int,
    start: Double,
    answer: Double,
    windows: Int,
    curve: [Point],
    fitness: Fitness? = nil
  ) {
    self.evaluations = evaluations
    self.start = start
    self.answer = answer
    self.windows = windows
    self.curve = curve
    self.fitness = fitness
  }

  /// The most points of a curve that is kept.
  static let mostPoints = 500

  /// Whether the answer is no better than the start, which is then what goes.
  package var isVain: Bool {
    // What is not finite is worse than anything that is.
    guard start.isFinite, answer.isFinite else { return !answer.isFinite }
    return fitness?.direction == .higher ? !(answer > start) : !(answer < start)
  }

  /// The losses in a few words.
  package var summary: String {
    if let fitness {
      return "\(evaluations) candidates; \(fitness.metric) \(rounded(start)) by scores alone, "
        + "\(rounded(answer)) by the search"
    }
    return "\(evaluations) candidates; loss \(rounded(start)) by scores alone, \(rounded(answer)) "
      + "by the search, on \(counted(windows, "window"))"
  }

  /// What the user should know; nil for nothing.
  package var note: String? {
    guard isVain else { return nil }
    guard answer != start else {
      return "the search found nothing better than what scores alone remove, so that goes"
    }
    if let fitness {
      return "the answer of the search is worse than what scores alone remove "
        + "(\(fitness.metric) \(rounded(answer)) and \(rounded(start))), so that goes"
    }
    return "the answer of the search is worse than what scores alone remove "
      + "(\(rounded(answer)) and \(rounded(start)) nats on \(counted(windows, "window"))), so "
      + "that goes"
  }
}

extension SearchOutcome {
  /// The outcome as reports and stages store it.
  package var json: JSON {
    func number(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
    let best = fitness == nil ? "least" : "best"
    let points = curve.map { point in
      JSON.object([
        .init(key: "step", value: .number(JSONNumber(point.step))),
        .init(key: best, value: number(point.best)), .init(key: "mean", value: number(point.mean)),
      ])
    }
    let members: [JSON.Member] = [
      .init(key: "evaluations", value: .number(JSONNumber(evaluations))),
      .init(key: "start", value: number(start)), .init(key: "answer", value: number(answer)),
      .init(key: "windows", value: .number(JSONNumber(windows))),
      .init(key: "curve", value: .array(points)),
    ]
    return .object(members + (fitness.map { [.init(key: "fitness", value: $0.json)] } ?? []))
  }

  /// Reads the form that `json` writes; nil for anything else.
  package init?(_ json: JSON) {
    // Null stands for what is not finite.
    func number(_ json: JSON?) -> Double? { json.flatMap { $0.isNull ? .nan : $0.double } }
    guard let evaluations = json["evaluations"]?.int, let start = number(json["start"]),
      let answer = number(json["answer"]), let windows = json["windows"]?.int,
      let points = json["curve"]?.array
    else { return nil }
    self.evaluations = evaluations
    self.start = start
    self.answer = answer
    self.windows = windows
    curve = points.compactMap { point in
      guard let step = point["step"]?.int, let mean = number(point["mean"]),
        let best = number(point[json["fitness"] == nil ? "least" : "best"])
      else { return nil }
      return Point(step: step, best: best, mean: mean)
    }
    fitness = json["fitness"].flatMap(Fitness.init)
    guard curve.count == points.count, (fitness == nil) == (json["fitness"] == nil) else {
      return nil
    }
  }
}

extension SearchOutcome.Fitness {
  fileprivate var json: JSON {
    [
      "evaluation": .string(evaluation), "metric": .string(metric),
      "better": .string(direction.rawValue),
    ]
  }

  fileprivate init?(_ json: JSON) {
    guard let evaluation = json["evaluation"]?.string, let metric = json["metric"]?.string,
      let direction = json["better"]?.string.flatMap(MetricDirection.init)
    else { return nil }
    self.init(evaluation: evaluation, metric: metric, direction: direction)
  }
}
