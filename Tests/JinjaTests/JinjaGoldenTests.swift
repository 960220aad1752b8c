import BillhookFiles
import BillhookJinja
import Testing
import TestSupport

/// Templates beside transformers' Jinja environment, text by text (Scripts/golden_chat.py).
@Suite struct JinjaGoldenTests {
  /// The time that goldens were made at.
  static let time = JinjaTime(year: 2026, month: 3, day: 4, hour: 15, minute: 6, second: 7)

  static func value(_ json: JSON) -> JinjaValue {
    switch json {
    case .null: .none
    case .bool(let value): .bool(value)
    case .number(let number):
      if number.text.allSatisfy({ $0.isNumber || $0 == "-" }), let whole = number.int {
        .integer(whole)
      } else {
        .float(number.double ?? .nan)
      }
    case .string(let text): .string(text)
    case .array(let values): .list(values.map(value))
    case .object(let members): .dictionary(members.map { ($0.key, value($0.value)) })
    }
  }

  static func variables(_ json: JSON) -> [(name: String, value: JinjaValue)] {
    (json.members ?? []).map { ($0.key, value($0.value)) }
  }

  /// Compares a result with that of transformers.
  static func compare(_ template: String, _ given: JSON, _ expected: JSON, _ name: String) {
    if expected["refused"]?.bool == true {
      #expect(throws: JinjaError.self, "\(name)") {
        try JinjaTemplate(template).render(variables(given), time: time)
      }
      return
    }
    do {
      let found = try JinjaTemplate(template).render(variables(given), time: time)
      let text = expected["text"]?.string ?? ""
      #expect(found.text.isIdentical(to: text), "\(name)")
      let spans = (expected["spans"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) }
      let scalars = Array(found.text.unicodeScalars)
      let bytes = spans.map { span in
        span.map { scalars[..<$0].reduce(0) { $0 + UTF8.width($1) } }
      }
      #expect((found.generated ?? []).map { [$0.lowerBound, $0.upperBound] } == bytes, "\(name)")
    } catch {
      Issue.record("\(name): \(error)")
    }
  }

  @Test func snippetsGiveWhatJinjaGives() throws {
    let file = try JSON(contentsOf: Fixture.path("chat/snippets.json"))
    let data = try #require(file["data"])
    let snippets = try #require(file["snippets"]?.array)
    #expect(snippets.count > 75)
    for snippet in snippets {
      let template = try #require(snippet["template"]?.string)
      Self.compare(template, data, snippet, template)
    }
  }

  @Test func templatesOfModelsGiveWhatTransformersGives() throws {
    let file = try JSON(contentsOf: Fixture.path("chat/rendered.json"))
    let conversations = try #require(file["conversations"]?.array)
    let rendered = try #require(file["rendered"]?.members)
    #expect(rendered.count == 10)
    for (name, results) in rendered.map({ ($0.key, $0.value.array ?? []) }) {
      let template = try Fixture.text(Fixture.path("chat/templates/\(name).jinja"))
      #expect(results.count == conversations.count)
      for (index, (given, expected)) in zip(conversations, results).enumerated() {
        Self.compare(template, given, expected, "\(name), conversation \(index)")
      }
    }
  }
}
