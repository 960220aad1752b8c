import BillhookCore
import Testing
import TestSupport

/// Every key of an adapter's configuration that changes what is merged is an error, and the others
/// pass; what looks like an adapter of another base is said.
@Suite struct AdapterKeyTests {
  private static let source = Fixture.path("adapters/llama-gqa")

  /// Calls `body` with a model into which the adapter was merged, with other keys.
  private func merging<Result>(
    into model: String = Fixture.path("models/llama-gqa"),
    _ edit: (inout JSONText) -> Void,
    _ body: (LanguageModel) throws -> Result
  ) throws -> Result {
    try Fixture.withFolder { folder in
      var text = try JSONText(FileSystem.read("\(Self.source)/adapter_config.json"))
      edit(&text)
      try FileSystem.write(text.bytes, to: "\(folder)/adapter_config.json")
      try FileSystem.write(
        FileSystem.read("\(Self.source)/adapter_model.safetensors"),
        to: "\(folder)/adapter_model.safetensors"
      )
      return try body(LanguageModel(opening: model).merging(adapter: folder))
    }
  }

  private func remarks(
    into model: String = Fixture.path("models/llama-gqa"),
    base: JSON
  ) throws -> [String] {
    try merging(into: model, { $0.set("base_model_name_or_path", to: base) }, \.remarks)
  }

  /// Why an adapter with other keys is refused.
  private func refusal(_ edit: (inout JSONText) -> Void) -> FileError? {
    #expect(throws: FileError.self) { try merging(edit) { _ in } }
  }

  /// Values that ask for something.
  static let refused: [(key: String, value: JSON)] = [
    ("bias", "all"), ("bias", "lora_only"), ("use_dora", true), ("use_qalora", true),
    ("lora_bias", true), ("use_bdlora", ["a": 1]), ("alora_invocation_tokens", [5, 6]),
    ("modules_to_save", ["lm_head"]), ("trainable_token_indices", [3]),
    ("target_parameters", ["experts"]), ("layer_replication", [[0, 2], [1, 4]]),
    ("arrow_config", ["top_k": 3]), ("kasa_config", ["a": 1]), ("monteclora_config", ["a": 1]),
    ("velora_config", ["a": 1]), ("ensure_weight_tying", true), ("a_key_of_next_year", 2),
    ("init_lora_weights", "pissa"), ("init_lora_weights", "pissa_niter_16"),
    ("init_lora_weights", "olora"), ("init_lora_weights", "OLoRA"), ("init_lora_weights", "loftq"),
    ("init_lora_weights", "corda"), ("init_lora_weights", "lora_ga"), ("init_lora_weights", "new"),
    ("init_lora_weights", 3),
  ]

  @Test(arguments: refused.indices)
  func whatChangesTheUpdateIsRefused(index: Int) throws {
    let (key, value) = Self.refused[index]
    let error = refusal { $0.set(key, to: value) }
    #expect(error?.place == key)
    #expect(error?.message.contains("merge") == true, "what to do: \(error?.message ?? "")")
  }

  static let passed: [(key: String, value: JSON)] = [
    ("init_lora_weights", false), ("init_lora_weights", "gaussian"), ("init_lora_weights", "eva"),
    ("init_lora_weights", "orthogonal"), ("init_lora_weights", "mica"), ("init_lora_weights", nil),
    ("lora_dropout", 0.1), ("target_modules", "all-linear"), ("exclude_modules", ["lm_head"]),
    ("layers_to_transform", [1, 2]), ("layers_pattern", "layers"), ("fan_in_fan_out", true),
    ("eva_config", ["rho": 2]), ("loftq_config", ["loftq_bits": 4]), ("corda_config", ["a": 1]),
    ("lora_ga_config", ["a": 1]), ("megatron_config", ["a": 1]), ("revision", "main"),
    ("runtime_config", ["ephemeral_gpu_offload": true]), ("task_type", "CAUSAL_LM"),
    ("peft_version", "0.30"), ("use_dora", nil), ("a_key_of_next_year", false),
    ("another", []), ("one_more", nil), ("inference_mode", false), ("qalora_group_size", 8),
  ]

  @Test(arguments: passed.indices)
  func theOthersChangeNothing(index: Int) throws {
    let (key, value) = Self.passed[index]
    let usual = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
      .merging(adapter: Self.source)
    try merging {
      $0.set(key, to: value)
    } _: { other in
      for (id, _) in usual.configuration.allWeights {
        let (one, two) = (try usual.weights.stored(id), try other.weights.stored(id))
        #expect(try one.hasSameBytes(as: two), "\(id)")
      }
    }
  }

  @Test func allAreToldAtOnce() throws {
    let error = refusal { text in
      text.set("use_dora", to: true)
      text.set("modules_to_save", to: ["lm_head"])
      text.set("bias", to: "all")
    }
    for key in ["`use_dora`", "`modules_to_save`", "`bias`"] {
      #expect(error?.message.contains(key) == true)
    }
  }

  @Test func theWayToMergeIsWrittenOut() throws {
    let error = refusal { $0.set("init_lora_weights", to: "pissa") }
    let message = error?.message ?? ""
    #expect(message.contains("path_initial_model_for_weight_conversion"))
    #expect(
      message.contains(
        #"AutoModelForCausalLM.from_pretrained("\#(Fixture.path("models/llama-gqa"))")"#
      )
    )
    #expect(message.contains(#"merge_and_unload().save_pretrained("merged")"#))
  }

  @Test func pickledAdaptersAreNamed() throws {
    try Fixture.withFolder { folder in
      let text = try FileSystem.read("\(Self.source)/adapter_config.json")
      try FileSystem.write(text, to: "\(folder)/adapter_config.json")
      try FileSystem.write([1], to: "\(folder)/adapter_model.bin")
      let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
      let error = #expect(throws: FileError.self) { try model.merging(adapter: folder) }
      #expect(error?.message.hasPrefix("holds adapter_model.bin, a pickled file") == true)
    }
  }

  // MARK: The base

  static let names: [(base: JSON, isRemarked: Bool)] = [
    ("llama-gqa", false), ("org/llama-gqa", false), ("/elsewhere/LLAMA-GQA/", false), (nil, false),
    ("org/llama-gqa-2", true), ("mistralai/Mistral-7B-v0.1", true),
  ]

  @Test(arguments: names.indices)
  func anotherBaseIsSaid(index: Int) throws {
    let (base, isRemarked) = Self.names[index]
    let remarks = try remarks(base: base)
    #expect(remarks.count == (isRemarked ? 1 : 0))
    guard let remark = remarks.first else { return }
    #expect(remark.contains("the adapter was made for \(base.string ?? "")"))
  }

  /// A name may be that of the cache, or what transformers noted.
  @Test func aModelHasSeveralNames() throws {
    try Fixture.withFolder { folder in
      let snapshot = "\(folder)/models--org--Base-1B/snapshots/0a1b"
      try FileSystem.makeDirectory(snapshot)
      let copy = try ModelCopy(of: "llama-gqa", in: snapshot)
      #expect(try remarks(into: copy.path, base: "org/base-1b") == [])
      #expect(try remarks(into: copy.path, base: "org/Noted").count == 1)
      try copy.configure { $0.set("_name_or_path", to: "elsewhere/noted") }
      #expect(try remarks(into: copy.path, base: "org/Noted") == [])
    }
  }

  @Test(arguments: [1, 2, 3, 4], [false, true])
  func fewerBlocksAreSaid(count: Int, isChosen: Bool) throws {
    let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
    let settings = AdapterSettings(rank: 2, alpha: 2, dropout: 0, usesRootOfRank: false)
    var updates: [WeightID: LowRankUpdate] = [:]
    for block in 0..<count {
      let shape = try model.weights.stored(WeightID(.query, block: block)).shape
      updates[WeightID(.query, block: block)] = LowRankUpdate(
        down: try Tensor.zeros([2, shape[1]]),
        up: try Tensor.zeros([shape[0], 2]),
        scale: 1
      )
    }
    try Fixture.withFolder { folder in
      try AdapterWriter(for: model, settings).write(updates, base: "llama-gqa", into: folder)
      if isChosen {
        var text = try JSONText(FileSystem.read("\(folder)/adapter_config.json"))
        text.set("layers_to_transform", to: .array((0..<count).map { .number(JSONNumber($0)) }))
        try FileSystem.write(text.bytes, to: "\(folder)/adapter_config.json")
      }
      let remarks = try model.merging(adapter: folder).remarks
      #expect(remarks.count == (isChosen || count == 1 || count == 4 ? 0 : 1))
      for remark in remarks {
        #expect(
          remark.hasSuffix(
            "the adapter changes blocks 0 to \(count - 1) of 4; it may be made for a model with "
              + "\(count) blocks"
          )
        )
      }
    }
  }
}
