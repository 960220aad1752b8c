import BillhookCore
import Testing
import TestSupport

/// Configurations that say more than their family reads, or less than is usual, compute what
/// transformers computes; made by Scripts/golden_openings.py.
@Suite struct OpeningGoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let model: String
    let name: String
    let edits: [JSON.Member]
    let tokens: [Int]
    let logits: [Double]

    var testDescription: String { "\(model) \(name)" }
  }

  static let cases: [Case] = {
    let json = try? JSON(parsing: FileSystem.read(Fixture.path("openings.json")))
    return (json?.array ?? []).compactMap { (entry: JSON) -> Case? in
      guard let model = entry["model"]?.string, let name = entry["name"]?.string,
        let edits = entry["edits"]?.members, let tokens = entry["tokens"]?.array,
        let logits = entry["logits"]?.array
      else { return nil }
      return Case(
        model: model,
        name: name,
        edits: edits,
        tokens: tokens.compactMap(\.int),
        logits: logits.compactMap(\.double)
      )
    }
  }()

  @Test func allAreThere() { #expect(Self.cases.count == 35) }

  @Test(arguments: cases)
  func computesWhatTransformersComputes(example: Case) throws {
    try ModelCopy.with(example.model) { copy in
      try copy.configure { text in
        for edit in example.edits {
          if edit.value.isNull {
            text.remove(edit.key)
          } else {
            text.set(edit.key, to: edit.value == [nil] ? nil : edit.value)
          }
        }
      }
      let model = try copy.open()
      let all = try Traversal(model, .testing()).logits(of: [example.tokens]).doubles()
      let last = Array(all.suffix(model.configuration.vocabularySize))
      #expect(differenceToScale(last, example.logits) < 1e-5)
      let isUnread = example.name == "unread"
      for edit in example.edits where isUnread {
        #expect(model.remarks.count == 1 && model.remarks[0].contains("`\(edit.key)`"))
      }
    }
  }

  /// Without their objects, models with other positions would give other logits.
  @Test func positionsMatter() throws {
    let plain = try #require(Self.cases.first { $0.name == "rope-empty" })
    let others = [
      "rope-yarn-finetuned", "rope-linear-original", "rope-dynamic-alpha", "rope-longrope",
    ]
    for name in others {
      let other = try #require(Self.cases.first { $0.name == name })
      let isClose = differenceToScale(other.logits, plain.logits) < 1e-4
      // A dynamic base is the usual one as long as texts are no longer than the model was made for.
      #expect(isClose == (name == "rope-dynamic-alpha"), "\(name)")
    }
  }
}
