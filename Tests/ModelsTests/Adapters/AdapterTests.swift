import BillhookModels
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookFiles
import Foundation
import Testing
import TestSupport

/// LoRA adapters in PEFT's form.
@Suite struct AdapterTests {
  private struct Sample: Decodable {
    let tokens: [Int]
    let logits: [Double]
  }

  /// Adapters that PEFT saved, with the logits of its `merge_and_unload`: 1e-5 of their scale.
  @Test(arguments: ["llama-gqa", "phi3"])
  func adaptersOfPEFTAreMergedAsPEFTDoes(name: String) throws {
    let folder = Fixture.path("adapters/\(name)")
    let data = try Data(contentsOf: URL(filePath: "\(folder)/golden.json"))
    let golden = try JSONDecoder().decode(Sample.self, from: data)
    let plain = try LanguageModel(opening: Fixture.path("models/\(name)"))
    func logits(_ model: LanguageModel) throws -> [Double] {
      try Traversal(model, .testing()).logits(of: [golden.tokens]).doubles()
    }
    #expect(differenceToScale(try logits(plain.merging(adapter: folder)), golden.logits) < 1e-5)
    #expect(differenceToScale(try logits(plain), golden.logits) > 1e-2)
  }

  /// What is written is what is read: also where one tensor holds several matrices, and where
  /// blocks have other numbers than in the source.
  @Test(arguments: Golden.names, [false, true])
  func writtenAdaptersAreReadAsTheyWere(name: String, usesRootOfRank: Bool) throws {
    let golden = try Golden(name)
    let settings = AdapterSettings(
      rank: 3,
      alpha: 5,
      dropout: 0,
      usesRootOfRank: usesRootOfRank
    )
    let model = try golden.model.removingBlocks([1])
    let generator = try Generator(seed: 3)
    var updates: [WeightID: LowRankUpdate] = [:]
    for (id, shape) in model.configuration.allWeights {
      // Not every matrix that shares a tensor with others.
      guard id.role.kind == .projection, id.role != .key else { continue }
      updates[id] = LowRankUpdate(
        down: try generator.normal([3, shape[1]]),
        up: try generator.normal([shape[0], 3]),
        scale: settings.alpha / (usesRootOfRank ? 3.0.squareRoot() : 3)
      )
    }
    try Fixture.withFolder { folder in
      try AdapterWriter(for: model, settings).write(updates, base: "base", into: folder)
      let read = try model.merging(adapter: folder)
      let merged = model.live(replacing: [:], updates: updates, rounded: true)
      for (id, _) in model.configuration.allWeights {
        let (one, two) = (try read.weights.stored(id), try merged.weights.stored(id))
        let difference = try (one.to(.float32) - two.to(.float32)).abs().max().scalar()
        #expect(difference < 1e-5, "\(id)")
      }
    }
  }

  /// What is in the place of an adapter can be told from it where no numbers would make them alike.
  @Test func anotherAdapterIsKnownBeforeItIsTrained() throws {
    let model = try LanguageModel(opening: Fixture.path("models/phi3"))
    func settings(_ rank: Int) -> AdapterSettings {
      AdapterSettings(rank: rank, alpha: 6, dropout: 0, usesRootOfRank: false)
    }
    let roles: Set<WeightRole> = [.query, .value, .down]
    let generator = try Generator(seed: 4)
    var updates: [WeightID: LowRankUpdate] = [:]
    for (id, shape) in model.configuration.allWeights where roles.contains(id.role) {
      updates[id] = LowRankUpdate(
        down: try generator.normal([3, shape[1]]),
        up: try generator.normal([shape[0], 3]),
        scale: 2
      )
    }
    try Fixture.withFolder { folder in
      try AdapterWriter(for: model, settings(3)).write(updates, base: "base", into: folder)
      func difference(
        _ model: LanguageModel,
        rank: Int = 3,
        _ roles: Set<WeightRole>,
        bases: Set<String> = ["base"],
        comparesShapes: Bool = true
      ) -> String? {
        AdapterWriter(for: model, settings(rank)).difference(
          to: folder,
          of: roles,
          fused: false,
          bases: bases,
          comparesShapes: comparesShapes
        )
      }
      #expect(difference(model, roles) == nil)
      #expect(difference(model, rank: 4, roles) == "`r` is 3 there, and would be 4")
      #expect(difference(model, roles, bases: []) == "it is for base")
      #expect(difference(model, [.query, .down])?.hasPrefix("`rank_pattern` is") == true)
      let smaller = try model.removingBlocks([0])
      #expect(difference(smaller, roles)?.hasSuffix("there, and would be missing") == true)
      #expect(difference(smaller, roles, comparesShapes: false) == nil)
    }
    let peft = Fixture.path("adapters/phi3")
    let difference = AdapterWriter(for: model, settings(3)).difference(
      to: peft,
      of: roles,
      fused: false,
      bases: []
    )
    #expect(difference != nil)
  }

  /// Projections that share their first matrix become one of its rank, as PEFT has them, and are read
  /// as they were; a part that is not updated has zeros.
  @Test(arguments: [Set<WeightRole>([.query, .key, .value, .gate, .up]), [.query, .value]])
  func updatesThatShareAMatrixKeepItsRank(roles: Set<WeightRole>) throws {
    let model = try Golden("phi3").model
    let trainee = try LowRankWeights(
      of: model,
      roles: roles,
      fused: true,
      rank: 3,
      scale: 2,
      dropout: 0,
      seed: RandomSeed(1),
      device: .cpu
    )
    let downs = trainee.tensors.filter { $0.part == .down }
    #expect(downs.count == (roles.contains(.gate) ? 2 : 1) * model.blocks.count)
    #expect(
      trainee.tensors.reduce(0) { $0 + $1.value.elementCount }
        == model.configuration.count(ofUpdates: roles, rank: 3, fused: true)
    )
    let generator = try Generator(seed: 5)
    for tensor in trainee.tensors where tensor.part == .up {
      try tensor.value.add(generator.normal(tensor.value.shape))
    }
    try Fixture.withFolder { folder in
      let trained = try trainee.finished(at: "\(folder)/weights.safetensors")
      let settings = AdapterSettings(rank: 3, alpha: 6, dropout: 0, usesRootOfRank: false)
      try AdapterWriter(for: trained, settings)
        .write(trained.updates(since: model), base: nil, into: folder)
      let file = try SafetensorsFile("\(folder)/adapter_model.safetensors")
      let names = file.names.filter { $0.contains("lora_A") }
      #expect(names.allSatisfy { file.shape(of: $0)?.first == 3 })
      let configuration = try Fixture.text("\(folder)/adapter_config.json")
      #expect(configuration.contains("\"rank_pattern\": {}"))
      let read = try model.merging(adapter: folder)
      for (id, _) in model.configuration.allWeights {
        let (one, two) = (try read.weights.stored(id), try trained.weights.stored(id))
        #expect(try (one - two).abs().max().scalar() < 1e-5, "\(id)")
        let isChanged = try !one.hasSameBytes(as: model.weights.stored(id))
        #expect(isChanged == roles.contains(id.role), "\(id)")
      }
    }
  }

  @Test(
    arguments: [
      ("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "`peft_type`: expected \"LORA\""),
      ("\"use_dora\": false", "\"use_dora\": true", "`use_dora`: scales each row"),
      ("\"bias\": \"none\"", "\"bias\": \"all\"", "`bias`: trains biases"),
      ("\"r\": 3", "\"r\": 4", "the rank is 4, but its matrices have 3"),
      ("\"modules_to_save\": null", "\"modules_to_save\": [\"lm_head\"]", "replaces whole modules"),
      ("\"layers.1.self_attn.q_proj\"", "\".*q_proj\"", "regular expressions are not supported"),
    ]
  )
  func otherKindsOfAdaptersAreRefused(old: String, new: String, message: String) throws {
    try Fixture.withFolder { folder in
      let source = Fixture.path("adapters/llama-gqa")
      let text = try Fixture.text("\(source)/adapter_config.json")
      #expect(text.contains(old))
      try FileSystem.write(
        Array(text.replacingOccurrences(of: old, with: new).utf8),
        to: "\(folder)/adapter_config.json"
      )
      try FileSystem.write(
        FileSystem.read("\(source)/adapter_model.safetensors"),
        to: "\(folder)/adapter_model.safetensors"
      )
      let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
      let error = #expect(throws: FileError.self) { try model.merging(adapter: folder) }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }

  /// An update of a vector belongs to nothing, and is no trap.
  @Test func anUpdateOfANormIsRefused() throws {
    try Fixture.withFolder { folder in
      let source = Fixture.path("adapters/llama-gqa")
      try FileSystem.write(
        FileSystem.read("\(source)/adapter_config.json"),
        to: "\(folder)/adapter_config.json"
      )
      let name = "base_model.model.model.norm.lora_"
      try SafetensorsWriter.replace(
        "\(folder)/adapter_model.safetensors",
        by: [
          ("\(name)A.weight", Tensor.zeros([3, 32])), ("\(name)B.weight", Tensor.zeros([32, 3])),
        ]
      )
      let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
      let error = #expect(throws: FileError.self) { try model.merging(adapter: folder) }
      #expect(error?.description.contains("expected matrices for [32]") == true)
    }
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    let model = try LanguageModel(opening: Fixture.path("models/gemma"))
    let error = #expect(throws: FileError.self) {
      try model.merging(adapter: Fixture.path("adapters/phi3"))
    }
    #expect(error?.description.contains("belongs to no matrix of") == true)
  }
}
