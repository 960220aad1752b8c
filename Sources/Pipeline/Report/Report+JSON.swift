package import BillhookCore

extension Report {
  /// The number of the format of `report.json`; whatever reads the file should look at this first.
  ///
  /// Format 1, which had no number, held rows with labels, the paths of saves, and failures.
  package static let format = 2

  /// The report as it stands in `report.json`.
  package var json: JSON {
    [
      "format": .number(JSONNumber(Self.format)),
      "billhook": .string(BillhookVersion.current),
      "run": run?.json ?? .null,
      "rows": .array(rows.map(\.json)),
      "shares": .array(shares.map(\.json)),
      "spectra": .array(spectra.map(\.json)),
      "scores": .array(scores.map(\.json)),
      "removals": .array(removals.map(\.json)),
      "searches": .array(searches.map(\.json)),
      "trainings": .array(trainings.map(\.json)),
      "saved": .array(saved.map { .object(in: $0.branches, ["path": .string($0.path)]) }),
      "notes": .array(notes.map(\.json)),
      "failures": .array(
        failures.map { failure in
          .object(
            in: failure.branches,
            [
              "stage": failure.stage.map(JSON.string) ?? .null,
              "message": .string(failure.message),
            ]
          )
        }
      ),
    ]
  }
}

extension Report.Row {
  fileprivate var json: JSON {
    .object(
      in: branches,
      [
        "label": .string(label),
        "state": .string(state),
        "method": method.map(JSON.string) ?? .null,
        "model": model.map(JSON.string) ?? .null,
        "parameters": .number(JSONNumber(parameters)),
        "non_zero": nonZero.map { .number(JSONNumber($0)) } ?? .null,
        "bytes": .number(JSONNumber(bytes)),
        "opened_blocks": shape.map { .number(JSONNumber($0.openedBlocks)) } ?? .null,
        "blocks": shape?.json ?? .null,
        "sparsity": .array(sparsity.map(\.json)),
        "metrics": .array(metrics.map(\.json)),
        "samples": .array(samples.map(\.json)),
        "measuring_seconds": .finite(seconds),
      ]
    )
  }
}

extension Report.Searched {
  fileprivate var json: JSON {
    let own: [JSON.Member] = [
      .init(key: "search", value: .string(search)), .init(key: "amount", value: .string(amount)),
    ]
    return .object(in: branches, .object(own + (outcome.json.members ?? [])))
  }
}

extension Report.Training {
  fileprivate var json: JSON {
    let own: [JSON.Member] = [
      .init(key: "of", value: .string(state)), .init(key: "recovery", value: .string(recovery)),
    ]
    return .object(in: branches, .object(own + (outcome.json.members ?? [])))
  }
}

extension Report.Scored {
  fileprivate var json: JSON {
    .object(
      in: branches,
      [
        "unit": .string(unit),
        "criterion": .string(criterion),
        "scale": .string(scale.rawValue),
        "asked_for": .bool(isAskedFor),
        "units_of_blocks": .array(layout.map { .number(JSONNumber($0)) }),
        "means_of_blocks": .array(means.map { $0.map(JSON.finite) ?? .null }),
        "whole": whole.map(JSON.finite) ?? .null,
        "count": .number(JSONNumber(count)),
        "units": .array(units.map { .number(JSONNumber($0)) }),
        "scores": .array(values.map { $0 == .infinity ? "infinity" : .finite($0) }),
        "spans": spans?.json ?? .null,
        "file": .string(file),
      ]
    )
  }
}

extension Report.Removal {
  fileprivate var json: JSON {
    let units = removed.sorted { $0.key < $1.key }.map { kind, numbers in
      JSON.Member(key: kind, value: .array(numbers.map { .number(JSONNumber($0)) }))
    }
    let layouts = layouts.sorted { $0.key < $1.key }.map { kind, counts in
      JSON.Member(key: kind, value: .array(counts.map { .number(JSONNumber($0)) }))
    }
    return .object(
      in: branches,
      [
        "criterion": criterion.map(JSON.string) ?? .null,
        "amount": .string(amount),
        "keep": .string(keep),
        "removed": .object(units),
        "units_of_blocks": .object(layouts),
        "parameters": .number(JSONNumber(parameters)),
        "after_scores": scored.map { .number(JSONNumber($0)) } ?? .null,
      ]
    )
  }
}

extension Report.BlockSparsity {
  fileprivate var json: JSON {
    [
      "block": .number(JSONNumber(block)), "weights": .number(JSONNumber(weights)),
      "zeros": .number(JSONNumber(zeros)),
    ]
  }
}

extension Report.MeasuredSpectrum {
  fileprivate var json: JSON {
    [
      "block": .number(JSONNumber(block)), "role": .string(role),
      "count": .number(JSONNumber(count)), "eigenvalues": .array(eigenvalues.map(JSON.finite)),
    ]
  }
}

extension Report.Shares {
  fileprivate var json: JSON {
    .object(
      in: branches,
      ["allocation": .string(allocation), "shares": .array(values.map(JSON.finite))]
    )
  }
}

extension Report.Note {
  fileprivate var json: JSON {
    .object(in: branches, ["stage": stage.map(JSON.string) ?? .null, "text": .string(text)])
  }
}

extension [Branch] {
  /// The branches as a list, and the variables of their loops as an object.
  package var members: [JSON.Member] {
    let values = variables.map { JSON.Member(key: $0.name, value: $0.value) }
    return [
      JSON.Member(key: "branches", value: .array(map { .string("\($0)") })),
      JSON.Member(key: "variables", value: .object(values)),
    ]
  }

  /// Reads branches from an object that holds them; none where there are none.
  init(_ json: JSON) {
    let variables = json["variables"]?.members ?? []
    var rest = variables[...]
    self = (json["branches"]?.array ?? []).compactMap(\.string).map { text in
      guard text.hasPrefix("each ") else {
        return Branch(named: String(text.dropFirst("branch ".count)))
      }
      let variable = rest.popFirst().map { LoopVariable(name: $0.key, value: $0.value) }
      return Branch(label: String(text.dropFirst("each ".count)), variable: variable)
    }
  }
}

extension JSON {
  /// An object that begins with the branches that it belongs to.
  static func object(in branches: [Branch], _ rest: JSON) -> JSON {
    .object(branches.members + (rest.members ?? []))
  }

  /// A number; null for infinities and NaN.
  static func finite(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
}
