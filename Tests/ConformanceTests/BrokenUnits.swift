import BillhookCore

/// Units and allocations that each break one promise.
enum BrokenUnits {
  /// Blocks, which the cases below describe wrongly.
  fileprivate static func blocks(
    of model: LanguageModel,
    _ kind: String,
    start: (Int, BlockShape) -> Int = { $1.sourceIndex },
    slices: ([Slice]) -> [Slice] = { $0 }
  ) -> [BlockUnits] {
    model.blocks.enumerated().map { index, block in
      BlockUnits(
        kind: kind,
        granularity: .block,
        block: block.sourceIndex,
        start: start(index, block),
        places: [0],
        slices: slices(
          model.configuration.weights(of: block).map { Slice(whole: $0.id, shape: $0.shape) }
        )
      )
    }
  }

  fileprivate static func closing(_ units: [PrunableUnit], in gates: Gates) -> Gates {
    var gates = gates
    gates.closedBlocks.formUnion(units.map(\.block))
    return gates
  }

  /// Leaves the norms out of what it says that blocks cost.
  struct Cheap: PruningUnit {
    static let name = "cheap"
    static let summary = "Blocks that are said to cost less than they do."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] {
      blocks(of: model, Self.name, slices: { $0.filter { $0.role.kind != .norm } })
    }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      BrokenUnits.closing(units, in: gates)
    }
  }

  struct Twice: PruningUnit {
    static let name = "twice"
    static let summary = "Blocks that count a weight twice."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] {
      blocks(of: model, Self.name, slices: { $0 + $0.filter { $0.role == .down } })
    }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      BrokenUnits.closing(units, in: gates)
    }
  }

  /// Numbers blocks as they stand, not as they were opened.
  struct Renumbered: PruningUnit {
    static let name = "renumbered"
    static let summary = "Blocks that change their numbers."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] {
      blocks(of: model, Self.name, start: { index, _ in index })
    }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      BrokenUnits.closing(units, in: gates)
    }
  }

  struct Open: PruningUnit {
    static let name = "open"
    static let summary = "Blocks that are never closed."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] { blocks(of: model, Self.name) }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      gates
    }
  }

  /// Forgets what was closed before.
  struct Forgetful: PruningUnit {
    static let name = "forgetful"
    static let summary = "Blocks of which the last ones are closed."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] { blocks(of: model, Self.name) }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      BrokenUnits.closing(units, in: Gates())
    }
  }

  struct None: PruningUnit {
    static let name = "none_there"
    static let summary = "Units that no model has."
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] { [] }
    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      gates
    }
  }

  struct Greedy: RankedAllocation {
    static let name = "greedy"
    static let summary = "Takes more steps than there are."

    func moves(_ rankings: [Ranking]) -> [[Int]] {
      rankings.indices.flatMap { Array(repeating: [$0], count: rankings[$0].stepCount + 1) }
    }
  }

  struct Short: ProportionalAllocation {
    static let name = "short"
    static let summary = "Forgets a block."

    func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
      Array(repeating: 1, count: count - 1)
    }
  }

  struct Nothing: ProportionalAllocation {
    static let name = "nothing"
    static let summary = "Gives no block a share."

    func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
      Array(repeating: 0, count: count)
    }
  }

  struct BelowZero: ProportionalAllocation {
    static let name = "below_zero"
    static let summary = "Gives shares below 0 where little goes."

    func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
      (0..<count).map { Double($0 + 1) }
    }

    func shares(_ shares: [Double], sizes: [Double], for amount: Double) -> [Double] {
      shares.map { amount + 0.1 * ($0 - 2) }
    }
  }

  /// Asks for what nobody can measure of a block.
  struct OfGradients: ProportionalAllocation {
    static let name = "of_gradients"
    static let summary = "Asks for gradients."

    var evidence: [any Evidence] { [Gradients(.mean)] }

    func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
      Array(repeating: 1, count: count)
    }
  }

  struct Neither: Allocation {
    static let name = "neither"
    static let summary = "Neither compares units nor gives shares."
  }

  struct Refusing: RankedAllocation {
    static let name = "refusing"
    static let summary = "Is for nothing."

    func moves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]] {
      throw BudgetError("never")
    }
  }
}
