import BillhookCore
import BillhookPipeline
import TestSupport

/// Reports as runs write them, with names that nobody would choose.
enum SampleReport {
  /// A name with markup, quotes, an emoji and 200 characters.
  static let evil =
    "<script>alert(\"x\")</script> & 'quoted' 🪓 ]]> --> "
    + String(repeating: "long name ", count: 15)

  private static let blocks = 12
  private static let heads = 9

  /// Reads a report through its file.
  static func report(_ json: JSON) throws -> Report {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(json.text().utf8), to: "\(folder)/report.json")
      return try Report(ofRun: folder)
    }
  }

  /// A run with so many branches, the last one failed if it is asked for.
  static func json(
    branches count: Int,
    failing: Bool = false,
    ending: String = "finished",
    of model: String = "models/\(evil)",
    measuring metric: String = "perplexity wiki"
  ) -> JSON {
    let opened = row([], "as opened", gone: 0, measuring: metric)
    let rows = (0..<count).map { index in
      row(
        member(index),
        "- \(index + 1) attention_head by taylor",
        gone: index + 1,
        measuring: metric
      )
    }
    return [
      "format": 2,
      "run": run(ending, of: model),
      "rows": .array([opened] + rows),
      "shares": [
        [
          "branches": [], "variables": [:], "allocation": "owl",
          "shares": .array((0..<blocks).map { number(1 + Double($0) / 10) }),
        ]
      ],
      "spectra": [
        [
          "block": 0, "role": "query", "count": 64,
          "eigenvalues": .array((0..<33).map { number(100 / Double(1 + $0 * $0)) }),
        ]
      ],
      "scores": count == 0 ? [] : [scores(member(0), count: 3), blockScores],
      "removals": .array((0..<count).map { removal(member($0), gone: $0 + 1) }),
      "searches": count == 0 ? [] : [search],
      "trainings": count == 0 ? [] : [training],
      "saved": [["branches": [], "variables": [:], "path": .string("out/\(evil)")]],
      "notes": [["branches": [], "variables": [:], "stage": nil, "text": .string(evil)]],
      "failures": failing
        ? [
          object(
            member(count - 1),
            ["stage": .string("cut"), "message": .string("went wrong: \(evil)")]
          )
        ] : [],
    ]
  }

  /// A run with a branch for each of some models, and nothing else.
  static func json(of states: [(branch: String, state: String)]) -> JSON {
    let rows = states.enumerated().map { index, row in
      let branches: [JSON.Member] = [
        .init(key: "branches", value: .array([.string("branch \(row.branch)")])),
        .init(key: "variables", value: [:]),
      ]
      return self.row(branches, row.state, gone: index + 1)
    }
    let members = json(branches: 0).members ?? []
    return .object(members.filter { $0.key != "rows" } + [.init(key: "rows", value: .array(rows))])
  }

  // MARK: Parts

  private static func member(_ index: Int) -> [JSON.Member] {
    let name = index.isMultiple(of: 2) ? evil : "plain"
    return [
      .init(
        key: "branches",
        value: .array([.string("branch \(name)"), .string("each cut=\(index)")])
      ),
      .init(key: "variables", value: .object([.init(key: "cut", value: integer(index))])),
    ]
  }

  private static func object(_ members: [JSON.Member], _ rest: JSON) -> JSON {
    .object(members + (rest.members ?? []))
  }

  private static func integer(_ value: Int) -> JSON { .number(JSONNumber(value)) }
  private static func number(_ value: Double) -> JSON {
    JSONNumber(value).map(JSON.number) ?? .null
  }

  private static func shape(gone: Int) -> JSON {
    .array(
      (0..<blocks).map { block in
        let left = heads - max(0, min(heads - 1, gone - block * (heads - 1)))
        return [
          "block": integer(block), "query_heads": integer(left), "kv_heads": integer(left),
          "channels": 64,
        ]
      }
    )
  }

  private static func run(_ ending: String, of model: String) -> JSON {
    [
      "ending": .string(ending), "began": "2026-11-30T09:15:00Z", "seconds": 4521.5,
      "recipe": [
        "name": "a&b.recipe", "text": .string("# \(evil)\nmodel \"x\"\n"), "replaced": ["cut=<3>"],
      ],
      "model": [
        "name": .string(model), "architecture": "LlamaForCausalLM", "compute": "float32",
        "parameters": 134_515_008, "bytes": 269_030_016, "opened_blocks": integer(blocks),
        "blocks": shape(gone: 0),
      ],
      "data": [["name": "wiki", "source": "text \"a<b\"", "windows": "length = 128"]],
      "machine": [
        "name": "host, 2 x AMD EPYC, AVX512", "device": "cpu", "threads": 2,
        "memory": 8_000_000_000, "libtorch": "2.13.0",
      ],
    ]
  }

  private static func row(
    _ members: [JSON.Member],
    _ state: String,
    gone: Int,
    measuring metric: String = "perplexity wiki"
  ) -> JSON {
    let members: [JSON.Member] =
      members.isEmpty
      ? [.init(key: "branches", value: []), .init(key: "variables", value: [:])] : members
    let parameters = 134_515_008 - gone * 1_000_000
    return object(
      members,
      [
        "state": .string(state),
        "method": .string(String(state.trimmingPrefix(#/- [0-9]+ /#))),
        "parameters": integer(parameters),
        "non_zero": integer(parameters - 1000 * gone), "bytes": integer(2 * parameters),
        "opened_blocks": integer(blocks), "blocks": shape(gone: gone),
        "sparsity": .array(
          (0..<blocks).map {
            [
              "block": integer($0), "weights": 1000,
              "zeros": integer(min(1000, gone * 20 + $0 * 5)),
            ]
          }
        ),
        "metrics": [
          [
            "name": .string(metric), "value": number(17.25 + Double(gone * gone)),
            "error": 0.0125, "protocol": "128 tokens <each>",
          ],
          [
            "name": "ms a token b1", "value": number(12.5 - Double(gone) / 10),
            "quartiles": [number(12 - Double(gone) / 10), number(13 - Double(gone) / 10)],
            "protocol": "batch 1",
          ],
        ],
        "samples": [
          [
            "prompt": .string(evil), "answer": .string("went on\n\(evil) \(gone)"),
            "tokens": [1, 2, 1, 2, 1, 2, 3], "ended": .bool(gone == 0),
          ]
        ],
        "measuring_seconds": 1,
      ]
    )
  }

  private static func scores(_ members: [JSON.Member], count: Int) -> JSON {
    object(
      members,
      [
        "unit": "attention_head", "criterion": "taylor { order = 1 }", "scale": "plain",
        "asked_for": false, "whole": nil, "count": integer(blocks * heads), "units": [],
        "scores": [], "units_of_blocks": .array((0..<blocks).map { _ in integer(heads) }),
        "means_of_blocks": .array(
          (0..<blocks).map { $0 == 3 ? .null : number(Double($0) * 0.25 - 0.5) }
        ), "spans": nil, "file": "scores-taylor.csv",
      ]
    )
  }

  private static var blockScores: JSON {
    [
      "branches": [], "variables": [:], "unit": "block", "criterion": "ppl", "scale": "loss",
      "asked_for": true, "whole": 2.5, "count": integer(blocks),
      "units": .array((0..<blocks).map(integer)),
      "scores": .array((0..<blocks).map { $0 == 0 ? "infinity" : number(3 - Double($0) / 40) }),
      "units_of_blocks": .array((0..<blocks).map { _ in 1 }), "means_of_blocks": [], "spans": nil,
      "file": "scores-ppl.csv",
    ]
  }

  private static func removal(_ members: [JSON.Member], gone: Int) -> JSON {
    object(
      members,
      [
        "criterion": "taylor { order = 1 }", "amount": .string("remove \(gone)"),
        "keep": "keep none",
        "removed": ["attention_head": .array((0..<gone).map { integer($0 * 2) })],
        "units_of_blocks": ["attention_head": .array((0..<blocks).map { _ in integer(heads) })],
        "parameters": 1000,
      ]
    )
  }

  private static var search: JSON {
    [
      "branches": [], "variables": [:], "search": "evolution { seed = 0 }", "amount": "remove 3",
      "evaluations": 30, "start": 3.25, "answer": 3.125, "windows": 4,
      "curve": .array(
        (0..<10).map { step in
          [
            "step": integer(step), "least": number(3.5 - Double(step) / 30),
            "mean": step == 4 ? .null : number(4 - Double(step) / 20),
          ]
        }
      ),
    ]
  }

  private static var training: JSON {
    [
      "branches": [], "variables": [:], "of": "- 1 block by ppl", "recovery": "lora", "steps": 60,
      "result_step": 60, "learning_rate": 0.001, "loss": ["before": 4, "after": 3],
      "mean_loss": ["before": 4, "after": 3], "held_out_loss": ["before": 4.5, "after": 3.5],
      "curve": .array(
        (1...60).map { ["step": integer($0), "loss": number(3 + 1 / Double($0))] }
      ),
      "held_out_curve": .array(
        [0, 20, 40, 60].map { ["step": integer($0), "loss": number(4.5 - Double($0) / 60)] }
      ),
    ]
  }
}
