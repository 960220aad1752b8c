import BillhookModels
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookFiles
import Testing
import TestSupport

/// What holds for every training, whatever its numbers.
@Suite struct TrainingTests {
  private func short(_ curve: TrainingCurve, _ change: (inout TrainingSettings) -> Void)
    -> TrainingSettings
  {
    var settings = curve.settings
    settings.steps = 6
    settings.shuffle = true
    change(&settings)
    return settings
  }

  /// Every weight of a model, as bytes.
  private func bytes(_ model: LanguageModel) throws -> [[UInt8]] {
    try model.configuration.allWeights.map { weight in
      try model.weights.stored(weight.id).withBytes { Array($0) }
    }
  }

  @Test(arguments: ["cpt-tied-biases", "lora-qwen3"])
  func aTrainingThatGoesOnEndsWithTheSameBytes(name: String) throws {
    let curve = try TrainingCurve(name)
    let settings = short(curve) {
      $0.heldOut = 2
      $0.evaluateEvery = 2
      $0.result = .best
      $0.checkpoint = .steps(1)
    }
    try Fixture.withFolder { folder in
      let whole = try curve.train(settings, in: "\(folder)/whole", dropout: 0.1)
      var losses: [Double] = []
      for stop in [1, 3, nil] {
        do {
          losses += try curve.train(
            settings,
            in: "\(folder)/parts",
            dropout: 0.1,
            stoppingAfter: stop
          ).losses
        } catch is Cancelled {
          #expect(stop != nil)
        }
      }
      #expect(losses.count == 2)
      #expect(Array(whole.losses.suffix(2)) == losses)
      let parts = try LanguageModel(opening: curve.model.directory.path)
        .editing(by: "\(folder)/parts/weights.safetensors")
      #expect(try bytes(parts) == bytes(whole.model))
      #expect(try bytes(parts) != bytes(curve.model))
    }
  }

  /// What is stopped while an observer sees changed values is no state to go on from: the step before is.
  @Test func aStepThatIsStoppedHalfwayIsTakenAgain() throws {
    final class Stopper: TrainingObserver {
      func valuesChanged(_ step: TrainingStep) throws {
        if step.number == 3 { throw Cancelled() }
      }
    }
    let curve = try TrainingCurve("cpt-tied-biases")
    let settings = short(curve) { $0.checkpoint = .steps(1) }
    try Fixture.withFolder { folder in
      let whole = try curve.train(settings, in: "\(folder)/whole")
      #expect(throws: Cancelled.self) {
        try curve.train(settings, in: "\(folder)/parts", observers: [Stopper()])
      }
      let parts = try curve.train(settings, in: "\(folder)/parts")
      #expect(parts.losses == Array(whole.losses.suffix(3)))
      #expect(try bytes(parts.model) == bytes(whole.model))
    }
  }

  @Test(arguments: ["cpt-gemma2", "lora-qwen3"])
  func blocksThatAreComputedAgainGiveTheSameBytes(name: String) throws {
    let curve = try TrainingCurve(name)
    let results = try [TrainingSettings.Activations.keep, .recompute].map { activations in
      let settings = short(curve) { $0.activations = activations }
      return try Fixture.withFolder { folder in
        try bytes(curve.train(settings, in: folder, dropout: 0.1).model)
      }
    }
    #expect(results[0] == results[1])
  }

  @Test func windowsInOneBatchGiveTheLossThatTheyGiveAlone() throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    let losses = try [1, 2, 4].map { count in
      try Fixture.withFolder { folder in
        try curve.train(short(curve) { $0.microBatch = count }, in: folder).losses
      }
    }
    for other in losses.dropFirst() { #expect(relativeDifference(other, losses[0]) < 1e-5) }
  }

  @Test func onlyNamedBlocksChange() throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    let trainee = try WholeWeights(of: curve.model, device: .cpu) { $0.block == 2 }
    try Fixture.withFolder { folder in
      let context = RecoveryContext(run: .testing(), opened: curve.model, folder: folder)
      var training = try Training(
        trainee,
        on: curve.tokens,
        short(curve) { _ in },
        epochs: 1,
        context
      )
      let trained = try training.run()
      for (id, _) in curve.model.configuration.allWeights {
        let (before, after) = (try curve.model.weights.stored(id), try trained.weights.stored(id))
        let isSame = try after.to(before.dtype).hasSameBytes(as: before)
        // A key's bias moves all scores of a query alike, so it has no gradient.
        if id.role != .keyBias { #expect(isSame == (id.block != 2), "\(id)") }
      }
    }
  }

  @Test func theBestWeightsAreThoseWithTheSmallestHeldOutLoss() throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    try Fixture.withFolder { folder in
      // A learning rate that does harm from the second measurement on.
      let settings = short(curve) {
        $0.learningRate = 0.5
        $0.clip = 0
        $0.heldOut = 2
        $0.evaluateEvery = 1
        $0.result = .best
      }
      let trained = try curve.train(settings, in: folder).model
      let held = try #require(curve.tokens.split(holdingOut: 2, settings.seed).held)
      let found = try Traversal(trained, .testing()).loss(on: held).mean
      let log = try Fixture.text("\(folder)/log.jsonl").split(separator: "\n")
      let losses = try log.compactMap { try JSON(parsing: Array($0.utf8))["held_out_loss"]?.double }
      // Before the first step, and after each of six.
      #expect(losses.count == 7)
      #expect(abs(found - (losses.min() ?? 0)) < 1e-5)
      #expect(found < (losses.last ?? 0))
    }
  }

  @Test func theWeightsBeforeTheFirstStepAreTheBestWhereNoStepHelps() throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    try Fixture.withFolder { folder in
      let settings = short(curve) {
        $0.learningRate = 1
        $0.warmup = .steps(0)
        $0.clip = 0
        $0.heldOut = 2
        $0.evaluateEvery = 3
        $0.result = .best
      }
      let trained = try curve.train(settings, in: folder).model
      #expect(try bytes(trained) == bytes(curve.model))
      let outcome = try #require(TrainingOutcome(log: FileSystem.read("\(folder)/log.jsonl")))
      let held = try #require(curve.tokens.split(holdingOut: 2, settings.seed).held)
      let before = try Traversal(curve.model, .testing()).loss(on: held).mean
      #expect(outcome.resultStep == 0 && outcome.steps == 6)
      #expect(abs((outcome.heldOut?.before ?? 0) - before) < 1e-9)
      #expect(outcome.heldOut?.before == outcome.heldOut?.after)
      #expect(outcome.warning?.hasPrefix("no step made the held-out loss smaller") == true)
    }
  }

  /// The same held-out losses, steps and result, wherever a training was stopped.
  @Test func anOutcomeIsTheSameForATrainingThatWentOn() throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    let settings = short(curve) {
      $0.heldOut = 2
      $0.evaluateEvery = 2
      $0.checkpoint = .steps(1)
    }
    try Fixture.withFolder { folder in
      _ = try curve.train(settings, in: "\(folder)/whole")
      for stop in [0, 1, 3, nil] {
        _ = try? curve.train(settings, in: "\(folder)/parts", stoppingAfter: stop)
      }
      let outcomes = try ["whole", "parts"].map { name in
        try #require(TrainingOutcome(log: FileSystem.read("\(folder)/\(name)/log.jsonl")))
      }
      #expect(outcomes[0] == outcomes[1])
      #expect(TrainingOutcome(outcomes[0].json) == outcomes[0])
    }
  }

  /// Trainings that end worse than they began, with and without held-out windows, and one that helps.
  @Test(
    arguments: [
      (1, 2, "the training made the model worse: the held-out loss is "),
      (1, nil, "the training made the model worse: its loss is "),
      (3e-3, 2, nil),
      (3e-3, nil, nil),
    ] as [(Double, Int?, String?)]
  )
  func aTrainingThatDoesHarmSaysSo(rate: Double, heldOut: Int?, warning: String?) throws {
    let curve = try TrainingCurve("cpt-tied-biases")
    try Fixture.withFolder { folder in
      let settings = short(curve) {
        $0.learningRate = rate
        $0.warmup = .steps(0)
        $0.clip = 0
        $0.heldOut = heldOut
      }
      _ = try curve.train(settings, in: folder)
      let outcome = try #require(TrainingOutcome(log: FileSystem.read("\(folder)/log.jsonl")))
      #expect(outcome.warning?.hasPrefix(warning ?? "?") == (warning == nil ? nil : true))
      #expect(outcome.warning?.contains("lower `learning_rate` (\(rate))") != false)
      #expect((outcome.heldOut == nil) == (heldOut == nil))
    }
  }

  /// A weight of the checkpoint is blamed, not the learning rate: at once, or where its token comes.
  @Test(arguments: [("model.layers.1.mlp.up_proj.weight", 5), ("model.embed_tokens.weight", -1)])
  func aWeightThatIsNoNumberIsNamed(tensor: String, index: Int) throws {
    let curve = try TrainingCurve("distill-hidden")
    try Fixture.withFolder { folder in
      // The row of a token that no window of the first step holds.
      let first = Set(curve.tokens.windows.prefix(4).flatMap(\.tokens))
      let later = try #require(curve.tokens.windows.flatMap(\.tokens).first { !first.contains($0) })
      let width = curve.model.configuration.hiddenSize
      try FileSystem.makeDirectory("\(folder)/model")
      let copy = try ModelCopy(of: "llama-gqa", in: "\(folder)/model")
      try copy.spoil(tensor, at: index < 0 ? later * width + 3 : index, with: .nan)
      let broken = try copy.open()
      let context = RecoveryContext(
        run: .testing(scratch: folder),
        opened: broken,
        folder: "\(folder)/training"
      )
      let trainees: [any Trainee] = [
        try WholeWeights(of: broken, device: .cpu),
        try LowRankWeights(
          of: broken,
          roles: [.query],
          rank: 2,
          scale: 1,
          dropout: 0,
          seed: RandomSeed(0),
          device: .cpu
        ),
      ]
      for trainee in trainees {
        var settings = curve.settings
        settings.steps = 6
        let error = #expect(throws: BrokenWeight.self) {
          var training = try Training(trainee, on: curve.tokens, settings, epochs: 1, context)
          _ = try training.run()
        }
        #expect(error?.weight.tensor == tensor)
        #expect(error?.weight.file == "\(folder)/model/model.safetensors")
        #expect(error?.weight.position == (index < 0 ? [later, 3] : [0, 5]))
        try FileSystem.remove("\(folder)/training")
      }
    }
  }

  @Test func aLossThatIsNoNumberStopsAndKeepsTheCheckpoint() throws {
    final class Spoiler: TrainingObserver {
      func valuesChanged(_ step: TrainingStep) throws {
        guard step.number == 3 else { return }
        try step.tensors[0].value.multiply(by: .nan)
      }
    }
    let curve = try TrainingCurve("cpt-tied-biases")
    try Fixture.withFolder { folder in
      let error = #expect(throws: TrainingError.self) {
        try curve.train(
          short(curve) { $0.checkpoint = .steps(3) },
          in: folder,
          observers: [Spoiler()]
        )
      }
      #expect(error?.description.hasPrefix("step 5: the loss is nan") == true)
      #expect(error?.description.contains("the checkpoint of step 3 stays in") == true)
      let kept = try SafetensorsFile("\(folder)/checkpoint.safetensors")
      #expect(try kept.tensor("embedding").allFinite())
    }
  }

  @Test func observersSeeGradientsAndMayChangeThem() throws {
    final class Freezer: TrainingObserver {
      var calls: [String] = []
      func gradientsAreComplete(_ step: TrainingStep) throws {
        calls.append("gradients \(step.number)")
        for tensor in step.tensors { try tensor.gradient?.multiply(by: 0) }
      }
      func valuesChanged(_ step: TrainingStep) { calls.append("values \(step.number)") }
      func trainingEnded(_ step: TrainingStep) { calls.append("end of \(step.count)") }
    }
    let curve = try TrainingCurve("cpt-tied-biases")
    let freezer = Freezer()
    let settings = short(curve) {
      $0.steps = 2
      $0.warmup = nil
      $0.weightDecay = 0
    }
    try Fixture.withFolder { folder in
      let trained = try curve.train(settings, in: folder, observers: [freezer]).model
      let same = try curve.model.configuration.allWeights.allSatisfy { id, _ in
        let before = try curve.model.weights.stored(id)
        return try trained.weights.stored(id).to(before.dtype).hasSameBytes(as: before)
      }
      #expect(same)
    }
    #expect(
      freezer.calls == ["gradients 0", "values 0", "gradients 1", "values 1", "end of 2"]
    )
  }

  /// Those of the context come last, and what observers remember under one name stays apart.
  @Test func observersOfTheContextAreCalledAfterTheTrainingsOwn() throws {
    final class Caller: TrainingObserver {
      let sum: Tensor
      let call: () -> Void
      var state: [String: Tensor] { ["sum": sum] }
      init(_ start: Double, _ call: @escaping () -> Void) throws {
        sum = try Tensor([start])
        self.call = call
      }
      func gradientsAreComplete(_ step: TrainingStep) throws {
        call()
        try sum.add(Tensor([1.0]))
      }
    }
    let curve = try TrainingCurve("cpt-tied-biases")
    let settings = short(curve) { _ in }
    var calls = ""
    func callers(_ starts: [Double]) throws -> [Caller] {
      try zip("ab", starts).map { name, start in try Caller(start) { calls.append(name) } }
    }
    try Fixture.withFolder { folder in
      let first = try callers([100, 200])
      #expect(throws: Cancelled.self) {
        try curve.train(
          settings,
          in: folder,
          observers: [first[0]],
          handed: [first[1]],
          stoppingAfter: 2
        )
      }
      let second = try callers([0, 0])
      _ = try curve.train(settings, in: folder, observers: [second[0]], handed: [second[1]])
      #expect(calls == "abababababab")
      #expect(try second.map { try $0.sum.scalar() } == [106, 206])
    }
  }

  /// Arithmetic in bf16 stays near that in f32, because values and updates are f32 all the same:
  /// a learning rate whose steps would be lost in bf16 still moves the weights.
  @Test(arguments: ["cpt-tied-biases", "lora-qwen3"])
  func shorterTypesTrainLongOnes(name: String) throws {
    let curve = try TrainingCurve(name)
    try Fixture.withFolder { folder in
      let found = try curve.train(in: "\(folder)/a", dtype: .bfloat16).losses
      #expect(relativeDifference(found, curve.losses) < 0.05)
      #expect(relativeDifference(found, curve.losses) > 1e-5)
      let settings = short(curve) {
        $0.learningRate = 1e-6
        $0.weightDecay = 0
        $0.checkpoint = .steps(1)
      }
      let trained = try curve.train(settings, in: "\(folder)/b", dtype: .bfloat16).model
      let id = WeightID(.up, block: 1)
      let before = try curve.model.weights.stored(id)
      #expect(try trained.weights.stored(id).dtype == before.dtype)
      // The result is rounded, what is trained is not.
      let inTraining = try SafetensorsFile("\(folder)/b/checkpoint.safetensors")
      let after =
        try curve.lowRank == nil ? inTraining.tensor("\(id)") : trained.weights.stored(id)
      #expect(after.dtype == .float32)
      let moved = try (after - before.to(.float32)).abs().max().scalar()
      #expect(moved > 0 && moved < 1e-4)
    }
  }

  @Test func gradientsInFloat16AreRefused() throws {
    let curve = try TrainingCurve("lora-qwen3")
    let error = #expect(throws: TrainingError.self) {
      try curve.train(in: "/nowhere", dtype: .float16)
    }
    #expect(error?.description.contains("set `compute = bfloat16` or `float32`") == true)
  }
}
