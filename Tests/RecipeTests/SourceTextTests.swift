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
}
