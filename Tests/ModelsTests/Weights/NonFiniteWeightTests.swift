import BillhookCore
import Testing
import TestSupport

/// The first weight that is NaN or infinite is named by tensor, file and place.
@Suite struct NonFiniteWeightTests {
  @Test(arguments: Golden.names)
  func goodModelsHaveNone(name: String) throws {
    #expect(
      try LanguageModel(opening: Fixture.path("models/\(name)")).firstNonFiniteWeight() == nil
    )
  }

  static let values: [(value: Float, shown: String)] = [
    (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
  ]

  @Test(arguments: values.indices, [DType.float32, .bfloat16, .float16])
  func theFirstIsFound(index: Int, dtype: DType) throws {
    let (value, shown) = Self.values[index]
    try ModelCopy.with("llama-gqa") { copy in
      try copy.rewrite { tensors in
        for name in ["model.layers.1.mlp.up_proj.weight", "model.layers.3.mlp.up_proj.weight"] {
          let (shape, numbers) = try #require(
            try tensors[name].map { ($0.shape, try $0.floats()) }
          )
          var changed = numbers
          changed[shape[1] * 7 + 3] = value
          changed[shape[1] * 7 + 5] = .nan
          tensors[name] = try Tensor(changed, shape: shape).to(dtype)
        }
      }
      let found = try #require(try copy.open().firstNonFiniteWeight())
      #expect(found.weight == WeightID(.up, block: 1))
      #expect(
        "\(found)" == "\(copy.path)/model.safetensors: `model.layers.1.mlp.up_proj.weight` holds "
          + "\(shown) at [7, 3]"
      )
      // Gone with its block, or with its channel.
      let without = try copy.open().removingBlocks([1])
      #expect(try without.firstNonFiniteWeight()?.weight == WeightID(.up, block: 3))
      #expect(try copy.open().removingBlocks([1, 3]).firstNonFiniteWeight() == nil)
    }
  }

  /// A matrix that shares a tensor with others is named by that tensor.
  @Test func aFusedTensorIsNamedWhole() throws {
    try ModelCopy.with("phi3") { copy in
      try copy.rewrite { tensors in
        let name = "model.layers.0.mlp.gate_up_proj.weight"
        let shape = try #require(tensors[name]?.shape)
        var numbers = [Float](repeating: 0, count: shape[0] * shape[1])
        numbers[numbers.count - 1] = .infinity
        tensors[name] = try Tensor(numbers, shape: shape)
      }
      let found = try #require(try copy.open().firstNonFiniteWeight())
      #expect(found.weight == WeightID(.up, block: 0))
      #expect(found.tensor == "model.layers.0.mlp.gate_up_proj.weight")
      #expect(found.position == [47, 15])
    }
  }

  /// Where an adapter or a training spoils a good matrix, its file is named; where nothing of a file
  /// is to blame, the weight.
  @Test func theLayerThatIsToBlameIsNamed() throws {
    try Fixture.withFolder { folder in
      let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
      let id = WeightID(.query, block: 2)
      let shape = try model.weights.stored(id).shape
      let bad = try Tensor.full(shape, .nan)
      let live = model.live(replacing: [id: bad])
      #expect(
        try live.firstNonFiniteWeight().map { "\($0)" }
          == "the weight block 2 query holds nan at [0, 0]"
      )
      let edited = try model.editing([id: bad], at: "\(folder)/new.safetensors")
      #expect(
        try edited.firstNonFiniteWeight().map { "\($0)" }
          == "\(folder)/new.safetensors: `2.query` holds nan at [0, 0]"
      )
      let update = LowRankUpdate(
        down: try Tensor.full([1, shape[1]], .infinity),
        up: try Tensor.full([shape[0], 1], 1),
        scale: 1
      )
      let settings = AdapterSettings(rank: 1, alpha: 1, dropout: 0, usesRootOfRank: false)
      try AdapterWriter(for: model, settings).write([id: update], base: nil, into: folder)
      #expect(
        try model.merging(adapter: folder).firstNonFiniteWeight().map { "\($0)" }
          == "\(folder)/adapter_model.safetensors: "
          + "`base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight` holds inf at [0, 0]"
      )
    }
  }
}
