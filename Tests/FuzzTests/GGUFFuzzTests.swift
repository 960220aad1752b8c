import BillhookCore
@testable import BillhookModels
import Foundation
import TestSupport
import Testing

/// GGUF files with damage: an error that names the file, or a model that can be read.
@Suite struct GGUFFuzzTests {
  @Test func gguf() throws {
    let names = ["llama.gguf", "gemma2.gguf", "llama-converted.gguf", "phi3-converted.gguf"]
    let sound = try Fixture.withFolder { folder in
      try names.map { try Self.file(Fixture.path("gguf/\($0)")) } + [Self.sentencePiece(in: folder)]
    }
    let result = try Fixture.withFolder { folder in
      try Fuzzing.run("gguf", inputs: 600) { random in
        let path = "\(folder)/a.gguf"
        guard let file = sound.randomElement(using: &random) else { return .refused }
        var bytes = file.bytes
        if !random.isOne(of: 8) { damage(&bytes, file.header, &random) }
        try Data(bytes).write(to: URL(filePath: path))
        do {
          let model = try LanguageModel(opening: path)
          for (id, _) in model.configuration.allWeights { _ = try model.weights.stored(id) }
          _ = try model.directory.endTokens()
          let tokenizer: Tokenizer
          do { tokenizer = try model.directory.tokenizer() } catch is TokenizerError {
            return .accepted
          }
          let ids = tokenizer.encode("the hedge, then é", addingSpecialTokens: true)
          _ = tokenizer.decode(ids, skippingSpecialTokens: true)
          return .accepted
        } catch let error as FileError {
          try Fault.unless(error.path == path, "\(error)")
          return .refused
        }
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  /// A file, and the length of its header.
  private static func file(_ path: String) throws -> (bytes: [UInt8], header: Int) {
    let starts = try GGUFFile(path).entries.values.map(\.bytes.lowerBound)
    return (try FileSystem.read(path), starts.min() ?? 0)
  }

  /// A model with a tokenizer whose pairs merge by scores.
  private static func sentencePiece(in folder: String) throws -> (bytes: [UInt8], header: Int) {
    let tokenizer = try FileSystem.read(Fixture.path("gguf/sentencepiece.json"))
    let configuration: JSON = [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8,
      "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
      "max_position_embeddings": 64, "vocab_size": 1100, "rms_norm_eps": 1e-5,
      "tie_word_embeddings": true,
    ]
    try FileSystem.write(Array(configuration.text().utf8), to: "\(folder)/config.json")
    try FileSystem.write(tokenizer, to: "\(folder)/tokenizer.json")
    let model = try LanguageModel(new: "\(folder)/config.json", seed: RandomSeed(1))
    try FileSystem.makeDirectory("\(folder)/out")
    try GGUFModelWriter(model, type: .bf16).write(into: "\(folder)/out")
    return try file("\(folder)/out/model.gguf")
  }

  /// Changes bytes of the header, or cuts the file short.
  private func damage(_ bytes: inout [UInt8], _ length: Int, _ random: inout SplitMix64) {
    let header = min(bytes.count, length)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 4..<header, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2:
        bytes.replaceSubrange(
          place..<min(place + 8, bytes.count),
          with: [UInt8](repeating: 255, count: min(8, bytes.count - place))
        )
      default: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      }
      guard bytes.count > header else { return }
    }
  }
}
