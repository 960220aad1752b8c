import BillhookCore
import BillhookPipeline

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

  /// A table for people: medians with quartiles, and how they came about; nil for a line as wide as
  /// everything takes.
  func lines(within width: Int?) -> [String] {
    guard let runs = rows.first?.speed.runs else { return [] }
    let note =
      "medians of \(counted(runs, "run")) [quartiles], \(conditions.warmUps) before them; "
      + "random prompts, the likeliest token, no end before `out` tokens; "
      + "\(conditions.device), \(counted(conditions.threads, "thread"))"
    let memory = "memory: the weights, and what was held beside them at the peak"
    return FittedTable("model", rows.map(\.model), columns).lines(within: width)
      + [note, memory].flatMap { ReportTable.wrapped($0, width) }
  }

  private var columns: [FittedTable.Column] {
    func column(
      _ head: String,
      rank: Int = 0,
      _ cell: (Row) -> String
    ) -> FittedTable.Column {
      FittedTable.Column(head, rows.map(cell), rank: rank)
    }
    let columns = [
      column("parameters", rank: 4) { Quantity.count($0.parameters) },
      column("compute", rank: 5) { $0.dtype.rawValue },
      column("batch") { "\($0.speed.load.batch)" },
      column("in") { "\($0.speed.load.prompt)" },
      column("out") { "\($0.speed.load.output)" },
      column("first token ms", rank: 1) { Self.text($0.speed.prefill, times: 1000) },
      column("ms a token", rank: 2) {
        $0.speed.decoding.map { Self.text($0, times: 1000) } ?? "-"
      },
      column("tokens/s") { Self.text($0.speed.throughput) },
      column("whole s", rank: 3) { Self.text($0.speed.latency) },
      column("memory", rank: 1) { $0.speed.memory.map(Quantity.bytes) ?? "-" },
    ]
    guard hasSeveralModels else { return columns }
    return columns + [column("speed-up") { Quantity.number(speedUp($0)) }]
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
      Quantity.number(value.lower * factor), Quantity.number(value.upper * factor)
    )
    return "\(Quantity.number(value.median * factor)) [\(lower), \(upper)]"
  }
}
