@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import BillhookFiles
import BillhookModels
import BillhookTorch
import Testing
import TestSupport

/// Units that go while a model trains: how many, for how long, and what is left.
@Suite struct GradualPruningTests {
  private func counts(_ gates: Gates) -> (heads: Int, channels: Int) {
    (
      gates.closedHeads.values.reduce(0) { $0 + $1.count },
      gates.closedChannels.values.reduce(0) { $0 + $1.count }
    )
  }

  private func isInside(_ one: Gates, _ other: Gates) -> Bool { one.closing(other) == other }

  /// All kinds of budgets: each block the same, by rank over the model, of parameters, in parts.
  private static let budgets: [@Sendable (inout GradualTraining) -> Void] = [
    { _ in },
    {
      $0.allocation = Global(); $0.units = [MLPChannel()]
    },
    {
      $0.units = [queryHeads]; $0.allocation = Global(); $0.percent = "40"; $0.keep = Keep()
    },
    {
      $0.keep = Keep(); $0.percent = "40"
    },
    {
      $0.schedule.ramp = .linear; $0.schedule.cooldown = .steps(0)
    },
    {
      $0.units = [inMultiples]; $0.percent = "30"
    },
    {
      $0.isOfParameters = true
      $0.allocation = Global()
      $0.percent = "15"
      $0.keep = Keep()
    },
  ]

  private static var queryHeads: AttentionHead {
    var unit = AttentionHead()
    unit.headGranularity = .queryHead
    return unit
  }

  private static var inMultiples: MLPChannel {
    var unit = MLPChannel()
    unit.multiple = 8
    return unit
  }

  @Test(arguments: budgets.indices)
  func whatIsClosedStaysClosedAndTheAmountIsExact(number: Int) throws {
    var training = try GradualTraining(steps: 14)
    Self.budgets[number](&training)
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      #expect(found.gates.count == 14)
      #expect(found.gates[0] == Gates())
      for (before, after) in zip(found.gates, found.gates.dropFirst()) {
        #expect(isInside(before, after))
      }
      let partly = Set(found.gates.map { counts($0).channels + counts($0).heads })
      #expect(partly.count > 2, "\(partly)")
      let budget = try training.budget
      #expect(budget.reach(of: found.outcome.removed)?.isMissed == false)
      // Where scores do not decide which kind goes: as many as a budget takes at once.
      if !training.isOfParameters {
        let plain = try budget.selection(from: found.outcome.scores).removed
        func tally(_ units: [PrunableUnit]) -> [String: Int] {
          let ranked = training.allocation is any RankedAllocation
          return units.reduce(into: [:]) {
            $0["\($1.kind) \(ranked ? 0 : $1.block)", default: 0] += 1
          }
        }
        #expect(tally(found.outcome.removed) == tally(plain))
      }
      let gates = found.outcome.selection.gates(training.units, of: training.model)
      #expect(found.gates.last == gates)
      for block in training.model.blocks.map(\.sourceIndex)
      where training.keep.contains(block, of: training.model.blocks.count) {
        #expect(gates.closedHeads[block] == nil && gates.closedChannels[block] == nil)
      }
    }
  }

  @Test(arguments: ["lora", "cpt", "distill"])
  func theCutModelComputesWhatTheTrainedOneDid(name: String) throws {
    var training = try GradualTraining()
    switch name {
    case "cpt":
      var cpt = ContinuedPretraining()
      cpt.training = training.recovery.training
      (training.recovery, training.criterion) = (cpt, Taylor())
    case "distill":
      var distill = KnowledgeDistillation()
      distill.training = training.recovery.training
      distill.hidden = 0.1
      (training.recovery, training.criterion) = (distill, Magnitude())
    default: break
    }
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      let gated = found.model.closing(try #require(found.gates.last))
      let cut = try found.cut(training.units)
      #expect(cut.parameterCount < training.model.parameterCount)
      let losses = try [gated, cut].map {
        try Traversal($0, .testing(scratch: folder)).loss(on: training.tokens).mean
      }
      #expect(abs(losses[0] - losses[1]) < 1e-5 * losses[0])
      let ids = [3, 9, 4, 17, 22, 5, 30]
      let logits = try [gated, cut].map { model in
        let traversal = Traversal(model, .testing(scratch: folder))
        var sequences = Sequences(TokenBatch(windows: [TokenWindow(ids)]), traversal.context)
        var states = try sequences.embedded(by: traversal)[0]
        try traversal.eachBlock {
          states = try sequences.run($0, states, ofBatch: 0, by: traversal.decoder)
        }
        let exit = try model.lend(model.configuration.exitRoles, dtype: .float32, device: .cpu)
        return try traversal.decoder.logits(states, exit).doubles()
      }
      #expect(differenceToScale(logits[1], logits[0]) < 1e-5)
    }
  }

  /// A closed unit gets no gradient, and what is frozen is not trained at all.
  @Test func nothingIsLearntForWhatIsClosed() throws {
    let training = try GradualTraining()
    var checked = (rows: 0, columns: 0, open: 0)
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder) { step, closed in
        for tensor in step.tensors {
          #expect(tensor.part != .whole)
          let block = try #require(tensor.weight.block)
          let channels = closed.closedChannels[block] ?? []
          guard !channels.isEmpty else { continue }
          let gradient = try #require(tensor.gradient).abs()
          switch (tensor.weight.role, tensor.part) {
          case (.gate, .up), (.up, .up):
            let rows = try gradient.sum([1]).doubles()
            #expect(channels.allSatisfy { rows[$0] == 0 })
            checked.rows += channels.count
            checked.open += rows.indices.count { !channels.contains($0) && rows[$0] > 0 }
          case (.down, .down):
            let columns = try gradient.sum([0]).doubles()
            #expect(channels.allSatisfy { columns[$0] == 0 })
            checked.columns += channels.count
          default: break
          }
        }
      }
      let changed = try found.model.changedWeights(since: training.model)
      #expect(changed.allSatisfy { WeightRole.projections.contains($0.role) })
      for (id, _) in training.model.configuration.allWeights where !changed.contains(id) {
        let (before, after) = try (
          training.model.weights.stored(id), found.model.weights.stored(id)
        )
        #expect(try after.hasSameBytes(as: before))
      }
    }
    #expect(checked.rows > 0 && checked.columns > 0 && checked.open > 0)
  }

  /// Stopped after any step and started again, the training ends with the same bytes and the same cut.
  @Test func aStoppedTrainingGoesOnAsIfNothingHadHappened() throws {
    let training = try GradualTraining(steps: 8)
    func hashes(_ model: LanguageModel) throws -> [String] {
      try model.configuration.allWeights.map { id, _ in
        try model.weights.stored(id).withBytes { SHA256.hex(Array($0)) }
      }
    }
    try Fixture.withFolder { folder in
      let whole = try training.run(in: "\(folder)/whole")
      let expected = try hashes(whole.model)
      for stop in 1..<8 {
        let place = "\(folder)/\(stop)"
        #expect(throws: Cancelled.self) {
          _ = try training.run(in: place, stoppingAfter: stop)
        }
        let rest = try training.run(in: place)
        #expect(rest.gates.count == 8 - stop)
        #expect(rest.gates == Array(whole.gates[stop...]))
        #expect(rest.outcome == whole.outcome)
        #expect(try hashes(rest.model) == expected)
      }
    }
  }

  /// The running mean by hand: s ← 0.9·s + 0.1·s_new, from zero; of the weights alone there is no mean.
  @Test func scoresAreRunningMeans() throws {
    struct Steps: UpdateCriterion {
      static let name = "steps"
      static let summary = "One, then two, and so on."
      var decay = 0.9
      let reduction = SaliencyReduction(kinds: [.projection])
      func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
        // The fifth step has no number for anybody.
        let count = Self.count.next()
        let value = count == 5 ? Double.nan : Double(min(count, 5))
        return try Tensor.full(weight.shape, value)
      }
      nonisolated(unsafe) static var count = Counter()
      struct Counter {
        var calls = 0
        /// Three projections of the MLP of each of two blocks are one step.
        mutating func next() -> Int {
          calls += 1
          return (calls - 1) / 6 + 1
        }
      }
    }
    var training = try GradualTraining(steps: 6)
    (training.criterion, training.units) = (Steps(), [MLPChannel()])
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      let mean = [1.0, 2, 3, 4, 5].reduce(0) { 0.9 * $0 + 0.1 * $1 }
      // A channel has 3 · 32 weights.
      let scores = try #require(found.outcome.scores.first)
      #expect(
        scores.values.allSatisfy { abs($0 - 96 * mean) < 1e-9 },
        "\(scores.values[0]), \(96 * mean)"
      )
    }
  }

  @Test func withoutAnyScoreTheTrainingEnds() throws {
    struct Nothing: UpdateCriterion {
      static let name = "nothing"
      static let summary = "No number at all."
      let decay = 0.5
      let reduction = SaliencyReduction()
      func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
        try Tensor.full(weight.shape, .nan)
      }
    }
    var training = try GradualTraining(steps: 6)
    training.criterion = Nothing()
    try Fixture.withFolder { folder in
      let error = #expect(throws: ScoreError.self) { _ = try training.run(in: folder) }
      #expect(error?.message == "gave no finite scores in any of the first 3 steps")
    }
  }

  @Test func tooShortATrainingSaysSoInItsFirstStep() throws {
    let training = try GradualTraining(steps: 6, every: 10)
    try Fixture.withFolder { folder in
      let error = #expect(throws: TrainingError.self) { _ = try training.run(in: folder) }
      #expect(error?.description.contains("`gradual`: units would go at once") == true, "\(error!)")
    }
  }

  /// Blocks and sub-layers go as well: what is closed takes no part in passes.
  @Test(arguments: ["block", "attention", "mlp"]) func wholeSublayersGo(name: String) throws {
    var training = try GradualTraining(steps: 12, every: 1)
    let units: [String: any PruningUnit] = [
      "block": Block(), "attention": AttentionSublayer(), "mlp": MLPSublayer(),
    ]
    training.units = [try #require(units[name])]
    training.criterion = Magnitude()
    (training.allocation, training.percent, training.keep) = (Global(), "50", Keep())
    for recovery in ["lora", "cpt"] {
      if recovery == "cpt" {
        var cpt = ContinuedPretraining()
        cpt.training = training.recovery.training
        (training.recovery, training.criterion) = (cpt, Taylor())
      }
      try Fixture.withFolder { folder in
        let found = try training.run(in: folder)
        #expect(found.outcome.removed.count == 2)
        #expect(
          Set(
            found.gates.map {
              $0.closedBlocks.count + $0.closedAttentions.count + $0.closedMLPs.count
            }
          ).count > 1
        )
        let losses = try [
          found.model.closing(try #require(found.gates.last)), found.cut(training.units),
        ].map { try Traversal($0, .testing(scratch: folder)).loss(on: training.tokens).mean }
        #expect(abs(losses[0] - losses[1]) < 1e-5 * losses[0])
      }
    }
  }

  /// What is measured on held-out windows is the model that will be cut out, also where the rest goes
  /// after the last step.
  @Test(arguments: [StepCount.share(0.1), .steps(0)])
  func heldOutWindowsAreMeasuredWithoutWhatIsClosed(cooldown: StepCount) throws {
    var training = try GradualTraining()
    training.schedule.cooldown = cooldown
    var lora = LoRA()
    lora.training = training.recovery.training
    lora.training.heldOut = 2
    training.recovery = lora
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      let log = try FileSystem.read("\(folder)/log.jsonl")
      let after = try #require(TrainingOutcome(log: log)?.heldOut?.after)
      let held = try #require(try training.tokens.split(holdingOut: 2, lora.training.seed).held)
      let losses = try [found.cut(training.units), found.model].map {
        try Traversal($0, .testing(scratch: folder)).loss(on: held).mean
      }
      #expect(abs(after - losses[0]) < 1e-5 * after)
      #expect(abs(after - losses[1]) > 1e-4 * after)
    }
  }

  /// Projections in one tensor may share the first matrix of their updates.
  @Test(arguments: [true, false]) func fusedUpdatesScoreAllOfTheirProjections(isFused: Bool) throws
  {
    var training = try GradualTraining("phi3")
    var lora = LoRA()
    lora.training = training.recovery.training
    lora.fused = isFused
    training.recovery = lora
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      #expect(found.outcome.removed.count { $0.granularity == .heads } == 2)
      #expect(found.outcome.removed.count { $0.granularity == .channels } == 24)
      #expect(found.outcome.scores.allSatisfy { $0.values.allSatisfy { $0 > 0 } })
    }
  }

  /// Zeros of a sparse model stay zero, and count for nothing.
  @Test func aSparseModelStaysSparse() throws {
    var training = try GradualTraining()
    training.model = try training.model.masked([.gate, .query])
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      let cut = try found.cut(training.units)
      for id in try cut.maskedProjections() {
        let mask = try #require(try cut.weights.mask(id))
        #expect(try cut.weights.stored(id).hasSameBytes(as: cut.weights.stored(id).keeping(mask)))
      }
      #expect(try cut.maskedProjections().count == 8)
    }
  }
}
