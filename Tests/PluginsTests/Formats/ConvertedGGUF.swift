import BillhookTokenizer
@testable import BillhookModels
@testable import BillhookPlugins
import Foundation
import TestSupport

/// What Scripts/golden_gguf.py says of the files that it writes with the keys and types of llama.cpp's
/// converter.
struct ConvertedGGUF: Decodable {
  let tokens: [Int]
  let logits: [String: [Double]]
  let texts: [String]
  let ids: [[Int]]

  init() throws {
    let text = try Fixture.text(Fixture.path("gguf/converted.json"))
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }

  /// The texts that a tokenizer cuts into other tokens.
  func differing(from tokenizer: Tokenizer) -> [String] {
    zip(texts, ids).filter { tokenizer.encode($0, addingSpecialTokens: true) != $1 }.map(\.0)
  }
}

extension GGUF {
  /// The format with a type of matrices.
  init(_ type: Rounding) {
    self.init()
    self.type = type
  }
}

extension GGUFFile {
  /// Writes the file again beside itself, with those of its keys that are kept, and other values.
  static func rewriting(
    _ path: String,
    replacing new: [String: GGUFValue] = [:],
    keeping isKept: (String) -> Bool = { _ in true }
  ) throws -> String {
    let file = try GGUFFile(path)
    let names = file.entries.sorted { $0.value.bytes.lowerBound < $1.value.bytes.lowerBound }
    var writer = try GGUFWriter(
      "\(path).other.gguf",
      file.metadata.merging(new) { $1 }.filter { isKept($0.key) }.map { ($0.key, $0.value) },
      holding: names.map { .init(name: $0.key, type: $0.value.type, shape: $0.value.shape) }
    )
    for (name, _) in names { try writer.append(file.tensor(name)) }
    try writer.finish()
    return "\(path).other.gguf"
  }
}
