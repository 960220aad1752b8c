import Testing

@testable import BillhookFiles

@Suite struct JSONWriterTests {
  private let document: JSON = [
    "name": "é\"\\\n\u{1}", "sizes": [1, 2.5, -3], "empty": [], "none": [:],
    "flags": ["a": true, "b": nil],
  ]

  @Test func indentsLikePython() {
    #expect(
      document.text() == #"""
        {
          "name": "é\"\\\n\u0001",
          "sizes": [
            1,
            2.5,
            -3
          ],
          "empty": [],
          "none": {},
          "flags": {
            "a": true,
            "b": null
          }
        }
        """#
    )
  }

  @Test func writesOneLine() {
    #expect(
      document.text(indent: nil) == #"{"name": "é\"\\\n\u0001", "sizes": [1, 2.5, -3], "#
        + #""empty": [], "none": {}, "flags": {"a": true, "b": null}}"#
    )
    #expect((["a": [1]] as JSON).text(indent: 0) == "{\n\"a\": [\n1\n]\n}")
  }

  @Test func writesNumbersLikePython() {
    let numbers: [(Double, String)] = [
      (1e-5, "1e-05"), (1e-6, "1e-06"), (10000, "10000.0"), (1e16, "1e+16"), (0.1, "0.1"),
      (1e22, "1e+22"), (0.0001, "0.0001"),
    ]
    for (value, text) in numbers { #expect(JSONNumber(value)?.text == text) }
  }

  @Test func readsBackWhatItWrote() throws {
    #expect(try JSON(parsing: document.text().utf8) == document)
    #expect(try JSON(parsing: document.text(indent: nil).utf8) == document)
  }
}
