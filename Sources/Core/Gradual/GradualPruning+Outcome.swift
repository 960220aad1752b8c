package import BillhookFiles

extension GradualPruning {
  /// What a training came to in which units went.
  package struct Outcome: Sendable, Equatable {
    /// The last scores of the units of each kind, in the blocks in which some might go.
    package let scores: [Scores]
    /// The units that went.
    package let removed: [PrunableUnit]

    init(scores: [Scores], removed: [PrunableUnit]) {
      self.scores = scores
      self.removed = removed
    }

    /// Scores and numbers, kind by kind.
    package var json: JSON {
      .array(
        scores.map { scores in
          let kind = scores.blocks.first?.granularity
          let numbers = removed.filter { $0.granularity == kind }.map(\.number).sorted()
          return [
            "scores": scores.json, "removed": .array(numbers.map { .number(JSONNumber($0)) }),
          ]
        }
      )
    }

    /// Reads what `json` wrote; nil where it is of other units.
    ///
    /// - Parameters:
    ///   - json: What was written.
    ///   - units: The kinds of units that went.
    ///   - criterion: What scored them.
    ///   - budget: How many were to go, and from where.
    package init?(
      _ json: JSON?,
      _ units: [any PruningUnit],
      by criterion: any Criterion,
      _ budget: Budget
    ) {
      let kinds = budget.blocksByKind(units)
      guard let parts = json?.array, parts.count == kinds.count else { return nil }
      var scores: [Scores] = []
      var removed: [PrunableUnit] = []
      for (part, blocks) in zip(parts, kinds) {
        let all = blocks.flatMap(\.all)
        let found = part["scores"]?.members ?? []
        let gone = Set((part["removed"]?.array ?? []).compactMap(\.int))
        guard found.map(\.key) == all.map({ "\($0.number)" }), gone.isSubset(of: all.map(\.number)),
          let known = try? Scores(
            criterion: criterion.signature,
            scale: .plain,
            blocks: blocks,
            values: found.compactMap(\.value.double)
          )
        else { return nil }
        scores.append(known)
        removed += all.filter { gone.contains($0.number) }
      }
      self.init(scores: scores, removed: removed)
    }

    /// The units that went, as a selection.
    package var selection: Selection {
      Selection(removed: removed, ends: removed.isEmpty ? [] : [removed.count])
    }
  }
}
