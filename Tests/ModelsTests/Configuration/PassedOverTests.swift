import BillhookCore
import Testing
import TestSupport

/// Keys of `config.json` that are passed over: because nobody reads them, or because it was asked for.
@Suite struct PassedOverTests {
  @Test func unreadKeysAreListedOnce() throws {
    try ModelCopy.with("llama-gqa") { copy in
      #expect(try copy.open().remarks == [])
      try copy.configure { text in
        text.set("rotary_pct", to: 0.25)
        text.set("use_cache", to: false)
        text.set("alibi", to: false)
        text.set("nothing", to: [])
        text.set("_note", to: "x")
      }
      #expect(
        try copy.open().remarks == [
          "\(copy.path)/config.json: the key `rotary_pct` is ignored, because a "
            + "LlamaForCausalLM does not read it"
        ]
      )
      try copy.configure { text in
        text.set("rope_parameters", to: ["rope_type": "default", "rope_theta": 10000, "low": 1])
        text.set("a\u{1B}[31m", to: 1)
      }
      #expect(
        try copy.open().remarks == [
          "\(copy.path)/config.json: the keys `rotary_pct`, `a\u{FFFD}[31m` and "
            + "`rope_parameters.low` are ignored, because a LlamaForCausalLM does not read them"
        ]
      )
    }
  }

  @Test func everythingThatCannotBeDoneIsToldAtOnce() throws {
    try ModelCopy.with("gemma3") { copy in
      try copy.configure { text in
        text.set("hidden_activation", to: "relu")
        text.set("use_bidirectional_attention", to: true)
        text.set("attn_logit_softcapping", to: 50)
        text.set("num_attention_heads", to: 0)
        text.set("rotary_pct", to: 0.25)
      }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      let text = error?.description ?? ""
      #expect(text.hasPrefix("\(copy.path)/config.json: "))
      for key in ["use_bidirectional_attention", "attn_logit_softcapping", "num_attention_heads"] {
        #expect(text.contains("`\(key)`: "), "\(text)")
      }
      #expect(!text.contains("rotary_pct") && !text.contains("sliding_window"), "\(text)")
      #expect(
        text.hasSuffix(
          #"write `model "…" { ignore = ["attn_logit_softcapping", "use_bidirectional_attention"] }`"#
        )
      )
    }
    try ModelCopy.with("llama-gqa") { copy in
      try copy.configure { text in
        text.set("hidden_act", to: "relu")
        text.set("activation", to: "relu")
      }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.message.contains("`hidden_act`: expected") == true)
      #expect(error?.message.contains("`activation`: expected") == true)
    }
  }

  @Test func aKeyIsPassedOverWhereThatIsAskedFor() throws {
    try ModelCopy.with("llama-gqa") { copy in
      let plain = try copy.open()
      try copy.configure { text in
        text.set("sliding_window", to: 4)
        text.set("rope_parameters", to: ["rope_type": "default", "rope_theta": 10000, "low": 1])
      }
      let keys = ["sliding_window", "rope_parameters.low"]
      let model = try LanguageModel(opening: copy.path, ignoring: keys)
      #expect(model.remarks == [])
      #expect(model.configuration.computesLike(plain.configuration))
      // What is saved is what was computed: it does not ask for the window.
      try FileSystem.makeDirectory("\(copy.path)/saved")
      try ModelWriter(model, dtype: nil, shardLimit: .max).write(into: "\(copy.path)/saved")
      let saved = try JSON(parsing: FileSystem.read("\(copy.path)/saved/config.json"))
      #expect(saved["sliding_window"] == nil)
      #expect(saved["rope_parameters"] == ["rope_type": "default", "rope_theta": 10000])
      #expect(try LanguageModel(opening: "\(copy.path)/saved").remarks == [])
    }
  }

  static let wrong = [
    "sliding_windows", "rope_parameters.low.er", "rope_parameters.", "", ".", "a.b",
  ]

  @Test(arguments: wrong)
  func aKeyThatIsNotThereIsAnError(key: String) throws {
    let path = Fixture.path("models/llama-gqa")
    let error = #expect(throws: FileError.self) {
      _ = try LanguageModel(opening: path, ignoring: [key])
    }
    #expect(error?.path == "\(path)/config.json" && error?.place == key)
    #expect(error?.message == "is to be ignored, but there is no such key")
  }

  @Test func aKeyThatIsNeededIsMissed() throws {
    let error = #expect(throws: FileError.self) {
      _ = try LanguageModel(
        opening: Fixture.path("models/llama-gqa"),
        ignoring: ["hidden_size", "num_hidden_layers"]
      )
    }
    #expect(error?.message == "is missing")
  }

  // MARK: Names

  static let unnamed: [(type: JSON, architectures: JSON, place: String, says: String)] = [
    (
      "mamba", ["MambaForCausalLM"], "architectures", "MambaForCausalLM is not supported; supported"
    ),
    ("mamba", nil, "model_type", "mamba is not supported; supported: llama, mistral"),
    ("mamba", ["LlamaForCausalLM"], "model_type", "mamba is not supported; supported: llama"),
    (nil, nil, "model_type", "is missing, and so is `architectures`"),
    (nil, [], "model_type", "is missing, and so is `architectures`"),
    (nil, ["MambaForCausalLM"], "architectures", "MambaForCausalLM is not supported; supported"),
    (
      "llama", ["MistralForCausalLM"], "architectures", "names MistralForCausalLM, but `model_type`"
    ),
    ("gemma", ["Gemma2ForCausalLM"], "architectures", "names Gemma2ForCausalLM, but `model_type`"),
    ("llama", "LlamaForCausalLM", "architectures", "expected a list with the model's class"),
    ("llama", [1], "architectures", "expected a list with the model's class"),
    (3, ["LlamaForCausalLM"], "model_type", "expected a name, found 3"),
    ("billhook_llama", ["LlamaForCausalLM"], "architectures", "but `model_type` is billhook_llama"),
    ("llama", ["BillhookLlamaForCausalLM"], "architectures", "but `model_type` is llama"),
  ]

  @Test(arguments: unnamed.indices)
  func aFamilyThatIsNotNamedIsAnError(index: Int) throws {
    let example = Self.unnamed[index]
    try ModelCopy.with("llama-gqa") { copy in
      try copy.configure { text in
        text.set("model_type", to: example.type)
        text.set("architectures", to: example.architectures)
      }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.place == example.place)
      #expect(error?.message.contains(example.says) == true, "\(error?.message ?? "")")
    }
  }

  /// Others go by the class, so a saved model names it.
  @Test func whatIsSavedNamesItsClass() throws {
    for architectures: JSON? in [nil, .null, [], ["LLaMAForCausalLM"], ["LlamaModel"]] {
      try ModelCopy.with("llama-gqa") { copy in
        try copy.configure { text in
          text.remove("architectures")
          if let architectures { text.set("architectures", to: architectures) }
        }
        try FileSystem.makeDirectory("\(copy.path)/saved")
        try ModelWriter(copy.open(), dtype: nil, shardLimit: .max).write(into: "\(copy.path)/saved")
        let saved = try JSON(parsing: FileSystem.read("\(copy.path)/saved/config.json"))
        #expect(saved["architectures"] == ["LlamaForCausalLM"])
        #expect(saved["model_type"] == "llama")
      }
    }
  }
}
