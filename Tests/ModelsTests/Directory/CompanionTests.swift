import Foundation
import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookModels

/// What goes along from a source when its model is saved.
@Suite struct CompanionTests {
  /// The golden model in a folder of its own, with files beside it.
  private func model(
    _ files: [String],
    in folder: String,
    configuration changes: [(String, JSON)] = []
  ) throws -> LanguageModel {
    let source = "\(folder)/source"
    try FileSystem.makeDirectory(source)
    for name in ["config.json", "model.safetensors"] {
      let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
      try FileSystem.write(bytes, to: "\(source)/\(name)")
    }
    for name in files {
      try FileSystem.makeDirectory(FileSystem.parent(of: "\(source)/\(name)"))
      try FileSystem.write(Array(name.utf8), to: "\(source)/\(name)")
    }
    var text = try JSONText(FileSystem.read("\(source)/config.json"))
    for (key, value) in changes { text.set(key, to: value) }
    try FileSystem.write(text.bytes, to: "\(source)/config.json")
    return try LanguageModel(opening: source)
  }

  private func write(
    _ model: LanguageModel,
    as architecture: SavedArchitecture = .family,
    in folder: String
  ) throws -> [String] {
    let target = "\(folder)/target-\(UUID().uuidString)"
    try FileSystem.makeDirectory(target)
    try ModelWriter(model, as: architecture, dtype: nil, shardLimit: .max).write(into: target)
    return [target]
      + (FileManager.default.enumerator(atPath: target)?.allObjects ?? [])
      .compactMap { $0 as? String }.filter { !FileSystem.isDirectory("\(target)/\($0)") }.sorted()
  }

  static let copied = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "tokenizer.model", "tokenizer.model.v3", "tekken.json", "vocab.json", "vocab.txt", "merges.txt",
    "spiece.model", "qwen.tiktoken", "chat_template.jinja", "chat_template.json",
    "additional_chat_templates/tool.jinja", "additional_chat_templates/rag.jinja",
    "generation_config.json", "tokenization_own.py", "configuration_own.py", "License", "LICENSE",
    "license.txt", "Notice.txt", "NOTICE", "USE_POLICY.md", "README.md", "preprocessor_config.json",
    "chat template.txt", "Ü.txt",
  ]

  static let leftOut = [
    "pytorch_model.bin", "pytorch_model.bin.index.json", "training_args.bin", "model.gguf",
    "MODEL.GGUF", "model.onnx", "model.onnx_data", "consolidated.00.pth",
    "consolidated.safetensors",
    "consolidated.txt", "tf_model.h5", "flax_model.msgpack", "optimizer.pt", "rng_state.pth",
    "trainer_state.json", "adapter_config.json", "params.json", "billhook.json",
    "modeling_billhook.py", ".gitattributes", ".git/config", ".cache/huggingface/x",
    "__pycache__/a.pyc",
    "config.json.billhook-partial", "tokenizer.json.bin", "model.npz", "weights.pkl",
  ]

  static let named = ["original/params.txt", "onnx/model.onnx", "figures/a.png"]

  @Test func everythingTravelsButWhatIsOfTheSource() throws {
    try Fixture.withFolder { folder in
      let model = try model(Self.copied + Self.leftOut + Self.named, in: folder)
      let written = Array(try write(model, in: folder).dropFirst())
      #expect(written.sorted() == (Self.copied + ["config.json", "model.safetensors"]).sorted())
      #expect(model.directory.companions.leftBehind == ["figures/", "onnx/", "original/"])
      let notes = model.leftBehindOnSaving
      #expect(notes.count == 1 && notes[0].contains("figures/, onnx/, original/"), "\(notes)")
    }
  }

  @Test func contentsAreTheSame() throws {
    try Fixture.withFolder { folder in
      let model = try model(Self.copied, in: folder)
      let written = try write(model, in: folder)
      for name in Self.copied {
        #expect(try FileSystem.read("\(written[0])/\(name)") == Array(name.utf8))
      }
    }
  }

  @Test func largeFilesThatNobodyKnowsStayBehindAndAreNamed() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/source")
      let large = [UInt8](repeating: 32, count: 10_000_001)
      for name in ["table.dat", "tokenizer.json"] {
        try FileSystem.write(large, to: "\(folder)/source/\(name)")
      }
      let model = try model(["small.dat"], in: folder)
      #expect(model.directory.companions.names == ["small.dat", "tokenizer.json"])
      #expect(model.directory.companions.leftBehind == ["table.dat"])
    }
  }

  @Test(arguments: ["tokenizer.json", "LICENSE", "additional_chat_templates/tool.jinja"])
  func whatVanishesIsAnError(name: String) throws {
    try Fixture.withFolder { folder in
      let model = try model([name, "NOTICE"], in: folder)
      try FileSystem.remove(model.directory.file(name))
      let error = #expect(throws: FileError.self) { try write(model, in: folder) }
      #expect(error?.description.contains("\(name): was there when the model was opened") == true)
    }
  }

  @Test func aLinkThatLeadsNowhereIsMissed() throws {
    try Fixture.withFolder { folder in
      _ = try model([], in: folder)
      #expect(symlink("../blobs/none", "\(folder)/source/tokenizer.json") == 0)
      let model = try model([], in: folder)
      #expect(model.directory.companions.missing(in: model.directory.path) == ["tokenizer.json"])
    }
  }

  /// What `auto_map` names, the files beside it, and what is left of it.
  static let maps: [(map: JSON, files: [String], left: JSON?)] = [
    (
      ["AutoConfig": "configuration_own.Own", "AutoModelForCausalLM": "modeling_own.Own"],
      ["configuration_own.py", "modeling_own.py"], nil
    ),
    (
      ["AutoModelForCausalLM": "modeling_own.Own", "AutoTokenizer": "tokenization_own.Own"],
      ["modeling_own.py", "tokenization_own.py"], ["AutoTokenizer": "tokenization_own.Own"]
    ),
    (
      ["AutoTokenizer": ["tokenization_own.Own", .null]], ["tokenization_own.py"],
      ["AutoTokenizer": ["tokenization_own.Own", .null]]
    ),
    (
      ["AutoTokenizer": ["tokenization_own.Own", "tokenization_fast.Own"]], ["tokenization_own.py"],
      nil
    ),
    (["AutoTokenizer": "tokenization_own.Own"], [], nil),
    (["AutoModel": "org/model--modeling_own.Own"], [], nil),
    (
      ["AutoTokenizer": "org/model--tokenization_own.Own"], [],
      ["AutoTokenizer": "org/model--tokenization_own.Own"]
    ),
    (["AutoTokenizer": 3], [], nil),
    ([:], [], [:]),
  ]

  @Test(arguments: maps.indices)
  func noCodeIsNamedThatDoesNotTravel(index: Int) throws {
    let (map, files, left) = Self.maps[index]
    try Fixture.withFolder { folder in
      let model = try model(files, in: folder, configuration: [("auto_map", map)])
      let written = try write(model, in: folder)
      let json = try JSON(contentsOf: "\(written[0])/config.json")
      #expect(json["auto_map"] == left)
      #expect(files.allSatisfy(written.contains))
      let custom = try write(model, as: .custom, in: folder)
      let own = try JSON(contentsOf: "\(custom[0])/config.json")["auto_map"]
      #expect(own?["AutoTokenizer"] == left?["AutoTokenizer"])
      #expect(own?["AutoConfig"] == "modeling_billhook.BillhookLlamaConfig")
      #expect(custom.contains("modeling_billhook.py"))
    }
  }
}
