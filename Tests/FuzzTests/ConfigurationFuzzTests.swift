import BillhookEngine
import BillhookTorch
@testable import BillhookFiles
@testable import BillhookModels
import TestSupport
import Testing

/// Random configurations of every model of the fixtures: an error that names file and key, or a
/// model that runs.
@Suite struct ConfigurationFuzzTests {
  private static let values: [JSON] = [
    "silu", "gelu", "default", "linear", "LlamaForCausalLM", ["LlamaForCausalLM"], [1, 2],
    ["rope_type": "default", "rope_theta": 1e300], ["full_attention", "sliding_attention"],
    12, 24, 32, 48, 56, 61, 10_000, 10_001,
  ]

  private struct Sample {
    let folder: ModelFolder
    let text: [UInt8]
    let json: JSON
  }

  /// A model with widths of its own for each block, as Billhook saves it.
  private func saveNarrow(to folder: String) throws {
    let golden = try Golden("qwen2")
    let gates = try NarrowCase.all(of: "qwen2")[1].gates
    let cut = try golden.model.removing(gates)
    try FileSystem.makeDirectory(folder)
    try ModelWriter(cut, as: .custom, dtype: nil, shardLimit: 1 << 30).write(into: folder)
  }

  @Test func configuration() throws {
    let names = try FileSystem.names(in: Fixture.path("models"))
    let result = try Fixture.withFolder { folder in
      try saveNarrow(to: "\(folder)/narrow-source")
      let models =
        try names.map { try ModelFolder($0, in: folder) }
        + [ModelFolder("narrow", of: "\(folder)/narrow-source", in: folder)]
      let samples = try models.map { model in
        let text = try model.original("config.json")
        return Sample(folder: model, text: text, json: try JSON(parsing: text))
      }
      return try Fuzzing.run("configuration", inputs: 120) { random in
        guard let sample = samples.randomElement(using: &random) else { return .refused }
        try sample.folder.replace("config.json", by: changed(sample, &random))
        guard let model = try sample.folder.opened() else { return .refused }
        try run(model, &random)
        return .accepted
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func changed(_ sample: Sample, _ random: inout SplitMix64) -> [UInt8] {
    var bytes = sample.text
    if random.isOne(of: 6) {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        Mutation.bytes(&bytes, pieces: ["0", "9", "-", "\"", "null", "{", "e9"], &random)
      }
      return bytes
    }
    var json = sample.json
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      json = Mutation.json(json, values: Self.values, &random)
    }
    return Array(json.text().utf8)
  }

  private func run(_ model: LanguageModel, _ random: inout SplitMix64) throws {
    let configuration = model.configuration
    try Fault.unless(configuration.parameterCount > 0, "a model without parameters")
    try Fault.unless(try model.byteCount() > 0, "a model without bytes")
    let tokens = (0..<5).map { _ in
      Int.random(in: 0..<configuration.vocabularySize, using: &random)
    }
    let logits = try Traversal(model, .testing()).logits(of: [tokens])
    try Fault.unless(logits.shape == [1, 5, configuration.vocabularySize], "\(logits)")
    guard model.blocks.count > 1 else { return }
    do {
      let pruned = try model.removingBlocks([model.blocks[0].sourceIndex])
      let text = try ConfigurationEdit.text(for: pruned, dtype: .bfloat16)
      let count = try JSON(parsing: text.bytes)["num_hidden_layers"]?.int
      try Fault.unless(count == pruned.blocks.count, "edited to \(count ?? -1) blocks")
    } catch let error as FileError {
      try Fault.unless(error.path.hasPrefix(model.directory.path), "\(error)")
    }
  }
}
