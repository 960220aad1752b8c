package import BillhookFiles

/// What a search came to: the losses of its start and of its answer, and how they converged.
package struct SearchOutcome: Sendable, Equatable {
  /// The losses of one step's candidates.
  package struct Point: Sendable, Equatable {
    /// The number of the step, from 0.
    package let step: Int
    /// The lowest loss of the step's candidates, in nats a token.
    package let least: Double
    /// The mean of their losses.
    package let mean: Double
  }

  /// The number of candidates that were evaluated, with those of the comparison.
  package let evaluations: Int
  /// The loss of what scores alone would remove, in nats a token.
  package let start: Double
  /// The loss of the search's answer, on the same windows.
  package let answer: Double
  /// The number of windows of that comparison.
  package let windows: Int
  /// The losses of the steps, thinned out where there are many.
  package let curve: [Point]

  /// The most points of a curve that is kept.
  static let mostPoints = 500

  /// Whether the answer is no better than the start, which is then what goes.
  package var isVain: Bool { !(answer < start) }

  /// The losses in a few words.
  package var summary: String {
    "\(evaluations) candidates; loss \(rounded(start)) by scores alone, \(rounded(answer)) "
      + "by the search, on \(counted(windows, "window"))"
  }

  /// What the user should know; nil for nothing.
  package var note: String? {
    guard isVain else { return nil }
    return answer == start
      ? "the search found nothing better than what scores alone remove, so that goes"
      : "the answer of the search is worse than what scores alone remove "
        + "(\(rounded(answer)) and \(rounded(start)) nats on \(counted(windows, "window"))), so "
        + "that goes"
  }
}

extension SearchOutcome {
  /// The outcome as reports and stages store it.
  package var json: JSON {
    func number(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
    return [
      "evaluations": .number(JSONNumber(evaluations)),
      "start": number(start),
      "answer": number(answer),
      "windows": .number(JSONNumber(windows)),
      "curve": .array(
        curve.map {
          [
            "step": .number(JSONNumber($0.step)), "least": number($0.least),
            "mean": number($0.mean),
          ]
        }
      ),
    ]
  }

  /// Reads the form that `json` writes; nil for anything else.
  package init?(_ json: JSON) {
    // Null stands for what is no number.
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
      guard let step = point["step"]?.int, let least = number(point["least"]),
        let mean = number(point["mean"])
      else { return nil }
      return Point(step: step, least: least, mean: mean)
    }
    guard curve.count == points.count else { return nil }
  }
}
