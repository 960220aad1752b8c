import Testing

@testable import BillhookRecipe

@Suite struct NumberTests {
  @Test(arguments: [
    ("6", 6), ("-6", -6), ("1e3", 1000), ("1.5e1", 15), ("2.0", 2), ("100e-2", 1), ("0", 0),
    ("-0.00", 0), ("0e99999999999999999999", 0), ("64000", 64000), ("007", 7),
    ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
  ])
  func wholeNumbersAreExact(text: String, expected: Int) {
    #expect(Number(lexed: text).integer == expected)
  }

  @Test(arguments: [
    "0.5", "1e-4", "9223372036854775808", "1e19", "1e99999999999999999999", "15e-1",
    "1e-9223372036854775808", "1e9223372036854775807",
  ])
  func othersAreNotWhole(text: String) {
    #expect(Number(lexed: text).integer == nil)
  }

  @Test func readsText() {
    #expect(Number("64_000")?.text == "64000")
    #expect(Number("1e-4")?.double == 0.0001)
    #expect(Number("20%") == nil)
    #expect(Number("1e400") == nil)
    #expect(Number("") == nil)
  }

  @Test func singleValues() {
    func value(_ text: String) -> String? {
      Value.parse(SourceText(name: "--let k", text: text)).value?.dump
    }
    #expect(value("taylor+") == "taylor+")
    #expect(value("[1, 2..3]") == "[1 2..3]")
    #expect(value("4GB") == "4'GB")
    #expect(value("a b") == nil)
    #expect(value("out/x") == nil)
    #expect(value("") == nil)
  }
}
