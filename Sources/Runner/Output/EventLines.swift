import BillhookCore
import BillhookPipeline

/// What a run reports, one JSON object per line, for programs.
enum EventLines {
  /// The line of a step that begins, with the time left where it is known.
  static func line(_ event: PlanEvent, _ left: RunClock.Left) -> String {
    let json: JSON =
      switch event {
      case .planned(let forecast):
        [
          "event": "planned", "steps": .number(JSONNumber(forecast.entries.count)),
          "done": .number(JSONNumber(forecast.doneCount)),
        ]
      case .reached(let step, let count, let branches):
        .object(
          [JSON.Member(key: "event", value: "step")] + branches.members + [
            JSON.Member(key: "step", value: .number(JSONNumber(step))),
            JSON.Member(key: "of", value: .number(JSONNumber(count))),
            JSON.Member(key: "run_left", value: tenths(left.run)),
          ]
        )
      }
    return json.text(indent: nil, showable: true)
  }

  /// The line of an event, with the time left where it is known.
  static func line(_ event: ProgressEvent, _ left: RunClock.Left) -> String {
    let json: JSON =
      switch event {
      case .began(let stage):
        [
          "event": "began", "stage": .string(stage), "stage_left": tenths(left.stage),
          "run_left": tenths(left.run),
        ]
      case .advanced(let done, let count):
        [
          "event": "advanced", "done": .number(JSONNumber(done)), "of": .number(JSONNumber(count)),
          "stage_left": tenths(left.stage), "run_left": tenths(left.run),
        ]
      case .trained(let step):
        .object([JSON.Member(key: "event", value: "trained")] + (step.json.members ?? []))
      case .ended(let stage, let seconds, let result):
        [
          "event": "ended", "stage": .string(stage), "seconds": number(seconds),
          "result": .string(result),
        ]
      case .reused(let stage, let result):
        ["event": "known", "stage": .string(stage), "result": .string(result)]
      case .note(let text), .remark(let text): ["event": "note", "text": .string(text)]
      case .warning(let text): ["event": "warning", "text": .string(text)]
      }
    return json.text(indent: nil, showable: true)
  }

  /// The last line of a run.
  static func line(_ report: Report, in folder: String) -> String {
    let json: JSON = ["event": "finished", "folder": .string(folder), "report": report.json]
    return json.text(indent: nil, showable: true)
  }

  private static func number(_ value: Double) -> JSON {
    JSONNumber(value).map(JSON.number) ?? .null
  }

  /// An estimate in tenths of a second, since more digits would mean nothing.
  private static func tenths(_ value: Double?) -> JSON {
    value.map { number(($0 * 10).rounded() / 10) } ?? .null
  }
}
