import BillhookCore
@testable import BillhookModels
import Foundation
import TestSupport
import Testing

/// GGUF files with damage: an error that names the file, or a model that can be read.
@Suite struct GGUFFuzzTests {
  @Test func gguf() throws {
    let sound = try ["llama.gguf", "gemma2.gguf"].map {
      [UInt8](try Data(contentsOf: URL(filePath: Fixture.path("gguf/\($0)"))))
    }
    let result = try Fixture.withFolder { folder in
      try Fuzzing.run("gguf", inputs: 600) { random in
        let path = "\(folder)/a.gguf"
        var bytes = sound.randomElement(using: &random) ?? []
        if !random.isOne(of: 8) { damage(&bytes, &random) }
        try Data(bytes).write(to: URL(filePath: path))
        do {
          let model = try LanguageModel(opening: path)
          for (id, _) in model.configuration.allWeights { _ = try model.weights.stored(id) }
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

  /// Changes bytes of the header, which has some two thousand, or its end.
  private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let header = min(bytes.count, 2600)
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
