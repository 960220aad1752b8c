import BillhookTorch
@testable import BillhookFiles
@testable import BillhookModels
import TestSupport
import Testing

/// Random configurations of adapters: an error that names file and key, or a model whose weights can
/// be read.
@Suite struct AdapterFuzzTests {
  private static let values: [JSON] = [
    "LORA", "none", "pissa", "gaussian", true, 0, 3, 4, 1e300, -1, ["q_proj"], ["q_proj": 3],
    [".*": 2], [[0, 1]],
  ]

  private struct Sample {
    let folder: String
    let model: LanguageModel
    let text: [UInt8]
    let json: JSON
  }

  @Test func adapter() throws {
    let result = try Fixture.withFolder { folder in
      let samples = try ["llama-gqa", "phi3"].map { name in
        let source = Fixture.path("adapters/\(name)")
        let place = "\(folder)/\(name)"
        try FileSystem.makeDirectory(place)
        try FileSystem.write(
          FileSystem.read("\(source)/adapter_model.safetensors"),
          to: "\(place)/adapter_model.safetensors"
        )
        let text = try FileSystem.read("\(source)/adapter_config.json")
        return Sample(
          folder: place,
          model: try LanguageModel(opening: Fixture.path("models/\(name)")),
          text: text,
          json: try JSON(parsing: text)
        )
      }
      return try Fuzzing.run("adapter", inputs: 200) { random in
        guard let sample = samples.randomElement(using: &random) else { return .refused }
        try FileSystem.write(changed(sample, &random), to: "\(sample.folder)/adapter_config.json")
        do {
          let merged = try sample.model.merging(adapter: sample.folder)
          for (id, shape) in merged.configuration.allWeights {
            try Fault.unless(merged.weights.stored(id).shape == shape, "\(id)")
          }
          return .accepted
        } catch let error as FileError {
          let isNamed = error.path.hasPrefix(sample.folder)
          try Fault.unless(isNamed, "an error without its file: \(error)")
          return .refused
        }
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func changed(_ sample: Sample, _ random: inout SplitMix64) -> [UInt8] {
    var bytes = sample.text
    if random.isOne(of: 6) {
      Mutation.bytes(&bytes, pieces: ["0", "-", "\"", "null", "{", "e9"], &random)
      return bytes
    }
    return Array(Mutation.json(sample.json, values: Self.values, &random).text().utf8)
  }
}
