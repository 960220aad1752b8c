public import BillhookModels

/// What a run found: a row for each state of the model that was measured.
public struct Report: Sendable, Equatable {
  /// A measured model.
  public struct Row: Sendable, Equatable {
    /// What was done to it, for example `- 6 block by ppl`.
    public var label: String
    /// Its real number of parameters.
    public var parameters: Int
    /// The bytes of its weights in the types they are stored in.
    public var bytes: Int
    /// What was measured.
    public var metrics: [Metric]
    /// How long measuring took.
    public var seconds: Double
  }

  /// A training, and what it came to.
  public struct Training: Sendable, Equatable {
    /// What was trained: branches, and what was done to the model before.
    public let label: String
    /// The name of the recovery.
    public let recovery: String
    /// Its losses.
    public let outcome: TrainingOutcome
  }

  /// The measured models, in order.
  public internal(set) var rows: [Row] = []
  /// The trainings, in order.
  public internal(set) var trainings: [Training] = []
  /// The directories that were written.
  public internal(set) var saved: [String] = []
  /// The branches that failed, with what went wrong.
  public internal(set) var failures: [StepError] = []

  /// Adds a row, unless the same was measured of a model of that name and size before.
  mutating func add(_ row: Row) {
    let isKnown = rows.contains { other in
      other.label == row.label && other.parameters == row.parameters
        && row.metrics.allSatisfy(other.metrics.contains)
    }
    if !isKnown { rows.append(row) }
  }

  /// What the user should know before using a result, each with the model that it is about.
  public var warnings: [String] {
    trainings.compactMap { training in
      training.outcome.warning.map { "\(training.label) + \(training.recovery): \($0)" }
    }
  }

  /// The report as it stands in `report.json`.
  public var json: JSON {
    [
      "billhook": .string(BillhookVersion.current),
      "rows": .array(rows.map(\.json)),
      "trainings": .array(trainings.map(\.json)),
      "saved": .array(saved.map(JSON.string)),
      "failures": .array(
        failures.map { failure in
          [
            "branch": .array(failure.branches.map(JSON.string)),
            "stage": failure.stage.map(JSON.string) ?? .null,
            "message": .string(failure.message),
          ]
        }
      ),
    ]
  }
}

extension Report.Row {
  fileprivate var json: JSON {
    [
      "label": .string(label),
      "parameters": .number(JSONNumber(parameters)),
      "bytes": .number(JSONNumber(bytes)),
      "metrics": .array(metrics.map(\.json)),
      "seconds": JSONNumber(seconds).map(JSON.number) ?? .null,
    ]
  }
}

extension Report.Training {
  fileprivate var json: JSON {
    let own: [JSON.Member] = [
      JSON.Member(key: "label", value: .string(label)),
      JSON.Member(key: "recovery", value: .string(recovery)),
    ]
    return .object(own + (outcome.json.members ?? []))
  }
}
