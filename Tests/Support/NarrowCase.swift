public import BillhookCore
import Foundation

/// Parts of a golden model that go, and the logits that transformers gives without them.
///
/// Made by Scripts/golden_widths.py.
public struct NarrowCase: Sendable {
  /// The parts.
  public let gates: Gates
  /// The logits of the golden model's first window, flattened.
  public let logits: [Double]

  /// The cases of a model from Tests/Fixtures/models.
  public static func all(of name: String) throws -> [NarrowCase] {
    let data = try Data(contentsOf: URL(filePath: Fixture.path("models/\(name)/width.json")))
    return try JSONDecoder().decode([File].self, from: data).map { file in
      var gates = Gates()
      for (block, heads) in file.heads { gates.close(heads: heads, ofBlock: Int(block) ?? 0) }
      for (block, channels) in file.channels {
        gates.close(channels: channels, ofBlock: Int(block) ?? 0)
      }
      gates.closedAttentions = Set(file.attentions ?? [])
      gates.closedMLPs = Set(file.mlps ?? [])
      return NarrowCase(gates: gates, logits: file.logits)
    }
  }

  private struct File: Decodable {
    let heads: [String: [Int]]
    let channels: [String: [Int]]
    let attentions: [Int]?
    let mlps: [Int]?
    let logits: [Double]
  }
}
