import Testing

@testable import BillhookRecipe

@Suite struct SourceTextTests {
  @Test func locationsCountCharacters() {
    let source = SourceText(name: "s", text: "\u{FEFF}äb\r\n👩‍👩‍👧x\n\ne\u{301}")
    func place(_ offset: Int) -> [Int] {
      let place = source.location(of: offset)
      return [place.line, place.column]
    }
    #expect(place(-5) == [1, 1])
    #expect(place(3) == [1, 1])
    #expect(place(4) == [1, 1])
    #expect(place(5) == [1, 2])
    #expect(place(6) == [1, 3])
    #expect(place(8) == [2, 1])
    #expect(place(12) == [2, 1])
    #expect(place(26) == [2, 2])
    #expect(place(28) == [3, 1])
    #expect(place(30) == [4, 1])
    #expect(place(1000) == [4, 2])
  }

  @Test func spansAreClamped() {
    let source = SourceText(name: "s", text: "abc")
    #expect(source.text(in: SourceSpan(start: 1, end: 99)) == "bc")
    #expect(source.text(in: SourceSpan(start: -3, end: 2)) == "ab")
    #expect(source.text(in: SourceSpan(start: 9, end: 2)) == "")
    #expect(source.text == "abc")
  }

  /// Editors on Windows write text in other encodings; the message says which, and what to do.
  @Test(arguments: [
    ("UTF-16", [0xFF, 0xFE], 0), ("UTF-16", [0xFE, 0xFF], 1), ("UTF-16", [], 0),
    ("UTF-16", [], 1), ("UTF-32", [0xFF, 0xFE, 0, 0], 3),
  ])
  func otherEncodingsAreNamed(encoding: String, mark: [UInt8], zeros: Int) {
    let text = "model \"a\"\n".utf8.flatMap { (byte: UInt8) -> [UInt8] in
      switch zeros {
      case 0: [byte, 0]
      case 1: [0, byte]
      default: [byte, 0, 0, 0]
      }
    }
    let parsed = Recipe.parse(SourceText(name: "test", bytes: mark + text))
    #expect(parsed.diagnostics.map(\.message) == ["the recipe is \(encoding), not UTF-8"])
    #expect(parsed.diagnostics.map(\.code) == [SyntaxCode.invalidUTF8.rawValue])
    #expect(parsed.diagnostics[0].notes == [Note("save the file as UTF-8 in your editor")])
  }

  @Test func aByteOrderMarkOfUTF8IsPassedOver() {
    let bytes = [0xEF, 0xBB, 0xBF] + Array("model \"a\"\r\n".utf8)
    let parsed = Recipe.parse(SourceText(name: "test", bytes: bytes))
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.recipe.statements.count == 1)
  }
}
