import BillhookCore
import Testing
import TestSupport

/// A random image model, and what transformers computes of text with it; see
/// Scripts/golden_towers.py.
struct TowerGolden: CustomTestStringConvertible, Sendable {
  static let names = ["gemma3", "gemma3-modules", "mistral3", "ministral3"]

  let name: String
  let path: String
  let tokens: [Int]
  let parameters: Int
  let removed: Set<Int>
  let logits: [Double]
  let cut: [Double]
  let narrow: [Double]

  var testDescription: String { name }

  init(_ name: String) throws {
    self.name = name
    path = Fixture.path("towers/\(name)")
    let json = try JSON(contentsOf: "\(path)/golden.json")
    func numbers(_ key: String) -> [Double] { (json[key]?.array ?? []).compactMap(\.double) }
    tokens = numbers("tokens").map(Int.init)
    parameters = json["parameters"]?.int ?? 0
    removed = Set(numbers("removed").map(Int.init))
    logits = numbers("logits")
    cut = numbers("cut")
    narrow = numbers("narrow")
  }

  /// The name for a copy that a test changes.
  static func copied(_ name: String) -> String { "../towers/\(name)" }

  func open() throws -> LanguageModel { try LanguageModel(opening: path) }

  /// The model without a KV group and without channels of every block, as in the golden numbers.
  func narrowed() throws -> LanguageModel {
    var gates = Gates()
    for block in 0..<5 {
      gates.close(heads: [0, 1], ofBlock: block)
      gates.close(channels: 0..<5, ofBlock: block)
    }
    return try open().removing(gates)
  }

  func logits(of model: LanguageModel) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [tokens]).doubles()
  }
}
