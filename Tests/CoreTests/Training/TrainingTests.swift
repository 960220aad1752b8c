import BillhookModels
import BillhookTorch
import Testing
import TestSupport

@testable import BillhookCore

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
            stoppingBehind: stop
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
      #expect(losses.count == 6)
      #expect(abs(found - (losses.min() ?? 0)) < 1e-5)
      #expect(found < (losses.last ?? 0))
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
}
