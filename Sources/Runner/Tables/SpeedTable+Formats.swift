import BillhookCore
import BillhookPipeline

extension SpeedTable {
  /// Comma-separated values, numbers in full, times in seconds.
  var csv: [String] {
    let what: [String] = [
      "model", "parameters", "bytes", "compute", "device", "threads", "batch", "prompt", "output",
      "warm_ups", "runs",
    ]
    let times = ["prefill", "decode_per_token", "latency"].flatMap { name -> [String] in
      ["\(name)_seconds", "\(name)_lower_quartile", "\(name)_upper_quartile"]
    }
    let rest: [String] = [
      "tokens_per_second", "tokens_per_second_lower_quartile", "tokens_per_second_upper_quartile",
      "memory_bytes",
    ]
    let head = what + times + rest
    let cells = rows.map { row -> [SeparatedValues.Cell] in
      let (speed, load) = (row.speed, row.speed.load)
      let values = [speed.prefill, speed.decoding, speed.latency, speed.throughput]
      let times = values.flatMap { value -> [SeparatedValues.Cell] in
        [value?.median, value?.lower, value?.upper].map { $0.map { .init($0) } ?? .empty }
      }
      let memory: SeparatedValues.Cell = speed.memory.map { .init($0) } ?? .empty
      let first: [SeparatedValues.Cell] = [
        .text(row.model), .init(row.parameters), .init(row.bytes), .text(row.dtype.rawValue),
        .text("\(conditions.device)"), .init(conditions.threads), .init(load.batch),
        .init(load.prompt), .init(load.output), .init(conditions.warmUps), .init(speed.runs),
      ]
      return first + times + [memory]
    }
    return SeparatedValues.lines([head.map { .text($0) }] + cells)
  }

  /// The same as JSON, with the conditions once.
  var json: JSON {
    [
      "billhook": .string(BillhookVersion.current),
      "libtorch": .string(Runtime.version),
      "device": .string("\(conditions.device)"),
      "threads": .number(JSONNumber(conditions.threads)),
      "warm_ups": .number(JSONNumber(conditions.warmUps)),
      "seed": .string("\(conditions.seed)"),
      "rows": .array(rows.map(\.json)),
    ]
  }
}

extension SpeedTable.Row {
  fileprivate var json: JSON {
    [
      "model": .string(model),
      "parameters": .number(JSONNumber(parameters)),
      "bytes": .number(JSONNumber(bytes)),
      "compute": .string(dtype.rawValue),
      "batch": .number(JSONNumber(speed.load.batch)),
      "prompt": .number(JSONNumber(speed.load.prompt)),
      "output": .number(JSONNumber(speed.load.output)),
      "runs": .number(JSONNumber(speed.runs)),
      "prefill_seconds": speed.prefill.json,
      "decode_seconds_per_token": speed.decoding?.json ?? .null,
      "latency_seconds": speed.latency.json,
      "tokens_per_second": speed.throughput.json,
      "memory_bytes": speed.memory.map { .number(JSONNumber($0)) } ?? .null,
    ]
  }
}

extension Quartiles {
  fileprivate var json: JSON {
    func number(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
    return [
      "median": number(median), "lower_quartile": number(lower), "upper_quartile": number(upper),
    ]
  }
}
