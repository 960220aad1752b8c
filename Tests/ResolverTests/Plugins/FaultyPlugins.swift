import BillhookCore

/// What goes wrong in a plugin that recipes tell to go wrong.
enum PluginMistake: String, Choice {
  case none, error, nan, shape, count
}

/// What a plugin may throw.
struct Broken: Error, CustomStringConvertible {
  let description = "it broke"
}

/// Scores blocks by their numbers, or wrongly.
struct FaultyScores: DirectCriterion {
  static let name = "faulty_scores"
  static let summary = "Scores units by their numbers, or wrongly."
  static let parameters = [Parameter<Self>("fault", \.fault, help: "what goes wrong")]

  var fault = PluginMistake.none
  let granularities: Set<UnitGranularity> = [.block]

  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    switch fault {
    case .none, .shape: return units.map { Double($0.number) }
    case .error: throw Broken()
    case .nan: return units.map { $0.number == 2 ? .nan : 1 }
    case .count: return units.dropLast().map { Double($0.number) }
    }
  }
}

/// Values of weights that are wrong from block 2 on.
struct FaultySaliency: SaliencyCriterion {
  static let name = "faulty_saliency"
  static let summary = "The weights themselves, or something wrong."
  static let parameters = [Parameter<Self>("fault", \.fault, help: "what goes wrong")]

  var fault = PluginMistake.none

  func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    guard id == WeightID(.down, block: 2) else { return weight }
    switch fault {
    case .none: return weight
    case .error: throw Broken()
    case .nan: return try Tensor.full(weight.shape, .nan)
    case .shape: return try weight.transposed(0, 1)
    case .count: return try weight.sum([0])
    }
  }
}

/// Evidence that breaks in block 1, and the criterion that asks for it, or forgets to.
struct FaultyEvidence: ActivationEvidence {
  static let name = "faulty_evidence"
  static let summary = "Breaks at the second batch of a block."

  func observe(_ activations: BlockActivations) throws -> Int { activations.entering.shape[0] }
  func merge(_ one: Int, _ other: Int) throws -> Int { throw Broken() }
  func finish(_ partial: Int) -> Int { partial }

  struct Asking: DirectCriterion {
    static let name = "asking"
    static let summary = "Asks for evidence that breaks, or for what it did not declare."
    static let parameters = [Parameter<Self>("declares", \.declares, help: "whether it declares")]

    var declares = true
    var evidence: [any Evidence] { [declares ? FaultyEvidence() : BlockSimilarity()] }

    func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
      try units.map { Double(try statistics.result(of: FaultyEvidence(), inBlock: $0.block)) }
    }
  }
}

/// A bias that cannot be added.
struct FaultyRepair: Repair {
  static let name = "faulty_repair"
  static let summary = "Gives biases that cannot be added."
  static let parameters = [Parameter<Self>("fault", \.fault, help: "what goes wrong")]

  var fault = PluginMistake.none
  let evidence: [any Evidence] = [InputMoments()]
  let granularities: Set<UnitGranularity> = [.heads, .channels]

  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
    RepairedProjection(addedBias: try bias(for: cut))
  }

  private func bias(for cut: ProjectionCut) throws -> Tensor {
    switch fault {
    case .none: try Tensor.zeros([cut.weight.shape[0]])
    case .error: throw Broken()
    case .nan: try Tensor.full([cut.weight.shape[0]], .nan)
    case .shape, .count: try Tensor.zeros([cut.weight.shape[0] + 1])
    }
  }
}

/// A training that goes wrong.
struct FaultyRecovery: Recovery {
  static let name = "faulty_recovery"
  static let summary = "Gives back something other than a trained model."
  static let parameters = [Parameter<Self>("fault", \.fault, help: "what goes wrong")]

  var fault = PluginMistake.none

  func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
    -> LanguageModel
  {
    let id = WeightID(.down, block: 1)
    let shape = try model.weights.stored(id).shape
    switch fault {
    case .none: return model
    case .error: throw Broken()
    case .nan:
      return try model.editing([id: .full(shape, .nan)], at: "\(context.folder)/new.safetensors")
    case .shape: return try model.removingBlocks([1])
    case .count: return try model.editing([id: .zeros([3])], at: "\(context.folder)/new")
    }
  }
}

/// Everything else that may throw.
enum Throwing {
  struct Measure: Evaluation {
    static let name = "throwing"
    static let summary = "Throws."

    func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
      -> [Metric]
    { throw Broken() }
  }

  struct Source: DataSource {
    static let name = "throwing"
    static let summary = "Throws."
    static let yieldsText = false

    func documents() throws -> [Document] { throw Broken() }
  }

  struct Writer: Format {
    static let name = "throwing"
    static let summary = "Throws."

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) throws {
      throw Broken()
    }

    func read(_ directory: String) throws -> LanguageModel { throw Broken() }
    func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType { .float32 }
  }
}

/// Blocks that are described wrongly, and moves that take what is not there.
enum Misdescribed {
  struct Blocks: PruningUnit {
    enum Mistake: String, Choice { case block, places, sets, multiple, weight, rows, empty }

    static let name = "misdescribed"
    static let summary = "Blocks that are described wrongly."
    static let parameters = [Parameter<Self>("mistake", \.mistake, help: "what is wrong")]

    var mistake = Mistake.block
    let granularity = UnitGranularity.block

    func units(of model: LanguageModel) -> [BlockUnits] {
      model.blocks.map { block in
        let number = block.sourceIndex
        let down = WeightID(mistake == .weight ? .upBias : .down, block: number)
        var units = BlockUnits(
          kind: Self.name,
          granularity: granularity,
          block: mistake == .block ? number + 1 : number,
          start: number,
          places: mistake == .places ? [1, 0] : mistake == .empty ? [] : [0],
          slices: [
            mistake == .rows
              ? Slice(down, shape: [32, 56], dimension: 5, extent: 1)
              : Slice(whole: down, shape: [32, 56])
          ]
        )
        if mistake == .sets { units.sets = 0 }
        if mistake == .multiple { units.multiple = 0 }
        return units
      }
    }

    func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
      gates
    }
  }

  struct Moves: RankedAllocation {
    static let name = "misdescribed"
    static let summary = "Takes a step of a block that is not there."

    func moves(_ rankings: [Ranking]) -> [[Int]] { [[0], [rankings.count]] }
  }
}
