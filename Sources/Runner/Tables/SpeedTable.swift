import BillhookCore
import BillhookModels
import BillhookTorch

/// What `billhook bench` measured, in the forms in which it is shown.
struct SpeedTable {
  /// A model under a load.
  struct Row {
    let model: String
    let parameters: Int
    let bytes: Int
    let dtype: DType
    let speed: GenerationSpeed
  }

  /// How it was measured.
  struct Conditions {
    let device: Device
    let threads: Int
    let warmUps: Int
    let seed: UInt64
  }

  let rows: [Row]
  let conditions: Conditions

  /// A table for people: medians with quartiles, and how they came about.
  var lines: [String] {
    guard let runs = rows.first?.speed.runs else { return [] }
    let note =
      "medians of \(runs) runs [quartiles], \(conditions.warmUps) before them; "
      + "random prompts, the likeliest token, no end before `out` tokens; "
      + "\(conditions.device), \(conditions.threads) threads"
    let memory = "memory: the weights, and what was held beside them at the peak"
    return Columns.aligned([head] + rows.map(cells)) + [note, memory]
  }

  private var head: [String] {
    let names = [
      "model", "parameters", "compute", "batch", "in", "out", "first token ms", "ms a token",
      "tokens/s", "whole s", "memory",
    ]
    return hasSeveralModels ? names + ["speed-up"] : names
  }

  private func cells(_ row: Row) -> [String] {
    let (speed, load) = (row.speed, row.speed.load)
    let cells = [
      row.model, Quantity.count(row.parameters), row.dtype.rawValue, "\(load.batch)",
      "\(load.prompt)", "\(load.output)", Self.text(speed.prefill, times: 1000),
      speed.decoding.map { Self.text($0, times: 1000) } ?? "-", Self.text(speed.throughput),
      Self.text(speed.latency), speed.memory.map(Quantity.bytes) ?? "-",
    ]
    return hasSeveralModels ? cells + [Quantity.number(speedUp(row))] : cells
  }

  private var hasSeveralModels: Bool {
    rows.contains { $0.speed.load == rows[0].speed.load && $0.model != rows[0].model }
  }

  /// How many times as fast as the first model under the same load.
  private func speedUp(_ row: Row) -> Double {
    let first = rows.first { $0.speed.load == row.speed.load } ?? row
    return first.speed.latency.median / row.speed.latency.median
  }

  private static func text(_ value: Quartiles, times factor: Double = 1) -> String {
    let (lower, upper) = (
      Quantity.digits(value.lower * factor), Quantity.digits(value.upper * factor)
    )
    return "\(Quantity.digits(value.median * factor)) [\(lower), \(upper)]"
  }
}
