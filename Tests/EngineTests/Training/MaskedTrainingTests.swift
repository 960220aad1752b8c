import BillhookFiles
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookModels
import TestSupport
import Testing

/// What masks hold at zero is +0 after every training, and nothing is remembered of it.
@Suite struct MaskedTrainingTests {
  static let names = ["cpt-masked", "distill-masked", "lora-masked", "lora-partly-masked"]

  /// A training that pulls at zeros as hard as settings can.
  private func harsh(_ curve: TrainingCurve) -> TrainingSettings {
    var settings = curve.settings
    settings.steps = 6
    settings.shuffle = true
    settings.weightDecay = 0.5
    settings.decaysAll = true
    settings.clip = 0.1
    settings.checkpoint = .steps(1)
    return settings
  }

  private func bytes(_ model: LanguageModel) throws -> [[UInt8]] {
    try model.configuration.allWeights.map { weight in
      try model.weights.stored(weight.id).withBytes { Array($0) }
    }
  }

  @Test(arguments: names, [DType.float32, .bfloat16])
  func zerosAreThoseOfTheMasks(name: String, dtype: DType) throws {
    let curve = try TrainingCurve(name)
    try Fixture.withFolder { folder in
      let trained = try curve.train(harsh(curve), in: folder, dtype: dtype).model
      #expect(try trained.brokenMasks(of: curve.model) == [])
      #expect(try trained.maskedCounts() == curve.model.maskedCounts())
      let same = try curve.model.maskedProjections().filter { id in
        try trained.weights.stored(id).hasSameBytes(as: curve.model.weights.stored(id))
      }
      #expect(same.isEmpty)
    }
  }

  /// Also of models that are stored in bf16.
  @Test(arguments: [false, true]) func zerosOfShorterTypes(isLowRank: Bool) throws {
    let curve = try TrainingCurve(isLowRank ? "lora-tiny" : "cpt-tiny")
    let sparse = try curve.model.masked([.query, .key, .output, .up, .down])
    var settings = harsh(curve)
    settings.steps = 2
    settings.warmup = nil
    try Fixture.withFolder { folder in
      let trainee: any Trainee =
        isLowRank
        ? try updates(of: sparse, [.query, .up, .gate]) : try WholeWeights(of: sparse, device: .cpu)
      let context = RecoveryContext(run: .testing(), opened: sparse, folder: folder)
      var training = try Training(trainee, on: curve.tokens, settings, epochs: 1, context)
      let trained = try training.run()
      #expect(try trained.weights.storedType(WeightID(.up, block: 0)) == .bfloat16)
      for id in try sparse.maskedProjections() {
        // Rounding may make more zeros, but none of them becomes anything else.
        let tensor = try trained.weights.stored(id)
        let mask = try #require(try sparse.weights.mask(id))
        #expect(try tensor.hasSameBytes(as: tensor.keeping(mask)), "\(id)")
      }
    }
  }

  @Test(arguments: ["cpt-masked", "distill-masked"])
  func momentsOfZerosAreZero(name: String) throws {
    let curve = try TrainingCurve(name)
    try Fixture.withFolder { folder in
      _ = try? curve.train(harsh(curve), in: folder, stoppingAfter: 4)
      let file = try SafetensorsFile("\(folder)/checkpoint.safetensors")
      let masked = try curve.model.maskedProjections()
      #expect(!masked.isEmpty)
      for id in masked {
        let mask = try #require(try curve.model.weights.mask(id))
        for part in ["", ", mean", ", square"] {
          let tensor = try file.tensor("\(id)\(part)")
          #expect(try tensor.hasSameBytes(as: tensor.keeping(mask)), "\(id)\(part)")
          #expect(try tensor.abs().max().scalar() > 0, "\(id)\(part)")
        }
      }
    }
  }

  @Test(arguments: names) func aTrainingThatGoesOnEndsWithTheSameBytes(name: String) throws {
    let curve = try TrainingCurve(name)
    try Fixture.withFolder { folder in
      let whole = try curve.train(harsh(curve), in: "\(folder)/whole").model
      for stop in [1, 3] {
        #expect(throws: Cancelled.self) {
          try curve.train(harsh(curve), in: "\(folder)/parts", stoppingAfter: stop)
        }
      }
      let parts = try curve.train(harsh(curve), in: "\(folder)/parts").model
      #expect(try bytes(parts) == bytes(whole))
      // The file is all that a later run has.
      let again = try curve.model.editing(by: "\(folder)/parts/weights.safetensors")
      #expect(try bytes(again) == bytes(whole))
    }
  }

  @Test(arguments: names) func blocksThatAreComputedAgainGiveTheSameBytes(name: String) throws {
    let curve = try TrainingCurve(name)
    let results = try [TrainingSettings.Activations.keep, .recompute].map { activations in
      var settings = harsh(curve)
      settings.activations = activations
      return try Fixture.withFolder { try bytes(curve.train(settings, in: $0).model) }
    }
    #expect(results[0] == results[1])
  }

  /// The held-out loss at the end is that of the model that is left.
  @Test(arguments: names) func whatIsMeasuredIsWhatIsLeft(name: String) throws {
    let curve = try TrainingCurve(name)
    var settings = harsh(curve)
    settings.heldOut = 2
    settings.evaluateEvery = 6
    try Fixture.withFolder { folder in
      let trained = try curve.train(settings, in: folder).model
      let held = try #require(curve.tokens.split(holdingOut: 2, settings.seed).held)
      let log = try FileSystem.read("\(folder)/log.jsonl")
      let found = try Traversal(trained, .testing()).loss(on: held).mean
      #expect(TrainingOutcome(log: log)?.heldOut?.after == found)
    }
  }

  /// Whatever observers write at zeros, as if they did not know of masks.
  @Test func observersCannotFillZeros() throws {
    final class Filler: TrainingObserver {
      func gradientsAreComplete(_ step: TrainingStep) throws {
        for tensor in step.tensors { try fill(tensor.gradient, with: 0.01) }
      }
      func valuesChanged(_ step: TrainingStep) throws {
        for tensor in step.tensors { try fill(tensor.value, with: 0.001) }
      }
      private func fill(_ tensor: Tensor?, with value: Double) throws {
        try tensor?.add(Tensor.full([1], value))
      }
    }
    let curve = try TrainingCurve("cpt-masked")
    try Fixture.withFolder { folder in
      _ = try? curve.train(harsh(curve), in: folder, observers: [Filler()], stoppingAfter: 3)
      let file = try SafetensorsFile("\(folder)/checkpoint.safetensors")
      for id in try curve.model.maskedProjections() {
        let mask = try #require(try curve.model.weights.mask(id))
        for part in ["", ", mean"] {
          let tensor = try file.tensor("\(id)\(part)")
          #expect(try tensor.hasSameBytes(as: tensor.keeping(mask)), "\(id)\(part)")
        }
      }
      let trained = try curve.train(harsh(curve), in: folder, observers: [Filler()]).model
      #expect(try trained.brokenMasks(of: curve.model) == [])
    }
  }

  @Test func gradientsOfZerosDoNotCountForTheirNorm() throws {
    var settings = TrainingSettings()
    settings.clip = 1
    let mask = try Tensor([1, 0, 1, 0] as [Float]).to(.bool)
    let tensor = try TrainedTensor(
      WeightID(.up, block: 0),
      .whole,
      Tensor([1, 0, 2, 0] as [Float]),
      mask: mask
    )
    tensor.gradient = try Tensor([6, -100, 8, .infinity] as [Float])
    #expect(try AdamW([tensor], settings).prepare(targets: 2) == 5)
    let found = try #require(tensor.gradient).doubles()
    #expect(found[1] == 0 && found[1].sign == .plus && found[3] == 0)
    #expect(abs(found[0] - 0.6) < 1e-6 && abs(found[2] - 0.8) < 1e-6)
  }

  // MARK: Updates

  private func updates(
    of model: LanguageModel,
    _ roles: Set<WeightRole>,
    fused: Bool = false,
    dropout: Double = 0
  ) throws -> LowRankWeights {
    try LowRankWeights(
      of: model,
      roles: roles,
      fused: fused,
      rank: 3,
      scale: 0.7,
      dropout: dropout,
      seed: RandomSeed(3),
      device: .cpu
    )
  }

  /// Updates that are not zero any more.
  private func started(_ trainee: LowRankWeights) throws -> LowRankWeights {
    let generator = try Generator(seed: 11)
    for tensor in trainee.tensors where tensor.part == .up {
      try tensor.value.add(generator.normal(tensor.value.shape) * 0.1)
    }
    return trainee
  }

  /// The gradients of one pass, and its loss.
  private func pass(_ trainee: any Trainee, _ tokens: TokenSet) throws -> Double {
    let pass = TrainingPass(trainee, NextToken(), keeping: .activations, .testing())
    let batches = tokens.windows.microBatches(of: 1, sharingFrequenciesIn: trainee.running)
    return try batches.prefix(2).reduce(0) {
      try $0 + pass.run($1, seed: RandomSeed(0))
    }
  }

  /// Beside the formula: the gradient G of the dense matrix W + (s·B·A) ∘ M comes from a training of
  /// that matrix itself, and then dB = s·(G ∘ M)·Aᵀ and dA = s·Bᵀ·(G ∘ M).
  @Test(arguments: [false, true]) func gradientsAreThoseOfTheFormula(isFused: Bool) throws {
    let dense = try Golden("phi3").model
    let sparse = try dense.masked([.query, .value, .gate, .down])
    let tokens = try Golden("phi3").tokens
    let roles: Set<WeightRole> = [.query, .key, .value, .gate, .up, .down]
    let trainee = try started(updates(of: sparse, roles, fused: isFused))
    let byPart = Dictionary(
      uniqueKeysWithValues: trainee.tensors.map { ("\($0.weight) \($0.part)", $0) }
    )
    let owners = isFused ? sparse.configuration.owners(ofUpdates: roles) : [:]
    var merged: [WeightID: Tensor] = [:]
    var parts: [(id: WeightID, mask: Tensor?, down: TrainedTensor, up: TrainedTensor)] = []
    for (id, _) in sparse.configuration.allWeights where roles.contains(id.role) {
      let up = try #require(byPart["\(id) up"])
      let down = try #require(byPart["\(owners[id] ?? id) down"])
      let mask = try sparse.weights.mask(id)
      var product = try up.value.matmul(down.value) * 0.7
      if let mask { product = try product * mask.to(.float32) }
      merged[id] = try sparse.weights.stored(id) + product
      parts.append((id, mask, down, up))
    }
    let whole = try WholeWeights(of: sparse.live(replacing: merged), device: .cpu) {
      roles.contains($0.role)
    }
    let losses = try (pass(trainee, tokens), pass(whole, tokens))
    #expect(abs(losses.0 - losses.1) < 1e-5 * losses.1)
    let gradients = Dictionary(
      uniqueKeysWithValues: whole.tensors.map { ($0.weight, $0.gradient) }
    )
    var downs: [ObjectIdentifier: Tensor] = [:]
    for (id, mask, down, up) in parts {
      var gradient = try #require(gradients[id] ?? nil) * 0.7
      if let mask { gradient = try gradient * mask.to(.float32) }
      let found = try #require(up.gradient).doubles()
      let expected = try gradient.matmul(down.value.transposed(0, 1)).doubles()
      #expect(differenceToScale(found, expected) < 1e-4, "\(id)")
      let more = try up.value.transposed(0, 1).matmul(gradient)
      let key = ObjectIdentifier(down)
      downs[key] = try downs[key].map { try $0 + more } ?? more
    }
    for tensor in trainee.tensors where tensor.part == .down {
      let found = try #require(tensor.gradient).doubles()
      let expected = try #require(downs[ObjectIdentifier(tensor)]).doubles()
      #expect(differenceToScale(found, expected) < 1e-4, "\(tensor.name)")
    }
  }

  /// What passes compute with is what is measured, and what is left.
  @Test func thePassComputesWithTheMergedMatrix() throws {
    let sparse = try Golden("qwen3").model.masked([.query, .up])
    let trainee = try started(updates(of: sparse, [.query, .key, .up]))
    try Fixture.withFolder { folder in
      let finished = try trainee.finished(at: "\(folder)/weights.safetensors")
      for block in sparse.blocks {
        let lent = try sparse.lend(block, dtype: .float32, device: .cpu)
        let tracked = try trainee.track(lent, seed: RandomSeed(0))
        #expect(tracked.leaves.count == 6)
        for role in [WeightRole.query, .up] {
          let id = WeightID(role, block: block.sourceIndex)
          let used = try tracked.weights.require(role)
          #expect(used.requiresGradient)
          #expect(try used.hasSameBytes(as: trainee.current.weights.stored(id)))
          #expect(try used.hasSameBytes(as: finished.weights.stored(id)))
        }
        // Without a mask, the thin way.
        #expect(try !tracked.weights.require(.key).requiresGradient)
      }
    }
  }

  @Test func dropoutOfMaskedUpdatesIsRefused() throws {
    let sparse = try Golden("qwen3").model.masked([.query])
    let error = #expect(throws: TrainingError.self) {
      try updates(of: sparse, [.query], dropout: 0.1)
    }
    #expect(error?.description.contains("a dropout of 0 on a sparse model, found 0.1") == true)
    #expect(throws: Never.self) { try updates(of: sparse, [.key], dropout: 0.1) }
  }
}
