import Testing

@testable import BillhookFiles

@Suite struct JSONParserTests {
  private func parse(_ text: String, depth: Int = 128) throws(JSONError) -> JSON {
    try JSON(parsing: text.utf8, maximumDepth: depth)
  }

  @Test func keepsOrderAndNumberText() throws {
    let json = try parse(#" {"b": [1.50, -0, 2E+3], "a": {"x": null}, "": [true, false]} "#)
    #expect(json.members?.map(\.key) == ["b", "a", ""])
    #expect(json["b"]?.array?.compactMap(\.int) == [0, 2000])
    #expect(json["b"]?.array?.first?.double == 1.5)
    #expect(json["b"]?.array?.first == .number(JSONNumber(checked: "1.50")))
    #expect(json["a"]?["x"] == .some(nil))
    #expect(json["missing"] == nil)
    #expect(json[""]?.array?.map(\.bool) == [true, false])
  }

  @Test(arguments: [
    ("4", 4), ("4.0", 4), ("1e3", 1000), ("-1.50e1", -15), ("100e-2", 1), ("-0.0", 0),
    ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("0e999999999999999", 0),
    ("4.5", nil), ("9223372036854775808", nil), ("1e19", nil), ("1e-1", nil),
    ("1e99999999999999999999", nil), ("1e-99999999999999999999", nil),
  ])
  func wholeNumbers(text: String, value: Int?) throws {
    #expect(try parse(text).int == value)
  }

  @Test func numbersThatNoDoubleHolds() throws {
    #expect(try parse("1e999").double == nil)
    #expect(JSONNumber(Double.nan) == nil)
    #expect(JSONNumber(text: "01") == nil)
    #expect(JSONNumber(text: "1.") == nil)
    #expect(JSONNumber(text: " 1") == nil)
    #expect(JSONNumber(text: "-1.5e-3")?.double == -0.0015)
  }

  @Test func resolvesEscapes() throws {
    let json = try parse(#""a\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000z""#)
    #expect(json.string == "a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}\0z")
  }

  @Test func keepsCanonicallyEquivalentKeysApart() throws {
    let json = try parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(json["\u{E9}"] == 1)
    #expect(json["e\u{301}"] == 2)
    #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value, found the end of the document"),
    ("{\n  \"a\": 1,\n}", "line 3, column 1: expected a key in quotes, found `}`"),
    ("[1 2]", "line 1, column 4: expected `,` or `]`, found `2`"),
    ("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`"),
    ("[1,]", "line 1, column 4: expected a value, found `]`"),
    ("[01]", "line 1, column 3: expected `,` or `]`, found `1`"),
    ("[-]", "line 1, column 3: expected a digit, found `]`"),
    ("[1.]", "line 1, column 4: expected a digit, found `]`"),
    ("[1e+]", "line 1, column 5: expected a digit, found `]`"),
    ("tru", "line 1, column 1: expected a value, found `t`"),
    ("NaN", "line 1, column 1: expected a value, found `N`"),
    ("null x", "line 1, column 6: expected the end of the document, found `x`"),
    ("{\"é\":1, \"a\":2, \"a\":3}", "line 1, column 16: the key \"a\" occurs twice in one object"),
    ("\"a\u{1}\"", "line 1, column 3: control character 1 in a string must be escaped"),
    (#""\uD800""#, "line 1, column 2: this escape is half of a surrogate pair"),
    (#""\uDC00\uD800""#, "line 1, column 2: this escape is half of a surrogate pair"),
    (#""\uD800\u0041""#, "line 1, column 2: this escape is half of a surrogate pair"),
    (#""\u12G4""#, "line 1, column 6: expected four hexadecimal digits, found `G`"),
    (
      #""\x""#,
      #"line 1, column 3: expected one of the escapes `\" \\ \/ \b \f \n \r \t \u`, found `x`"#
    ),
    ("\"abc", "line 1, column 5: expected `\"`, found the end of the document"),
    (
      "\u{FEFF}1",
      "line 1, column 1: the file is UTF-8 with a byte order mark; save it as plain UTF-8"
    ),
  ])
  func namesWhatIsWrong(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.description == message)
  }

  /// Python writes numbers that JSON does not have; they are kept as they are, where they may be.
  @Test func keepsWhatPythonWrites() throws {
    let text = #"{"a": [0.0, Infinity, -Infinity], "b": NaN, "c": -1}"#
    let json = try JSON(parsing: text.utf8, nonFinite: .kept)
    #expect(json.text(indent: nil) == text)
    #expect(json["b"]?.double == nil && json["b"]?.int == nil && json["b"]?.kind == "a number")
    #expect(json["c"]?.int == -1)
    var document = try JSONText(text.utf8, nonFinite: .kept)
    document.set("c", to: 2)
    #expect(document.bytes.elementsEqual(text.replacing("-1", with: "2").utf8))
    #expect(try document.json["a"]?.array?.count == 3)
    #expect(throws: JSONError.self) { try JSONText(text.utf8) }
    for wrong in ["Infinit", "-Inf", "nan", "[+Infinity]"] {
      #expect(throws: JSONError.self) { try JSON(parsing: wrong.utf8, nonFinite: .kept) }
    }
  }

  @Test func namesOtherEncodings() {
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] {
      let error = #expect(throws: JSONError.self) { try JSON(parsing: mark + [0x7B, 0]) }
      #expect(error?.message == "the file is UTF-16; save it as plain UTF-8")
    }
  }

  @Test func findsInvalidUTF8() {
    let error = #expect(throws: JSONError.self) {
      try JSON(parsing: [0x22, 0x61, 0xC3, 0xA9, 0xED, 0xA0, 0x80, 0x22])
    }
    #expect(error?.reason == .invalidUTF8)
    #expect(error?.offset == 4)
  }

  @Test func boundsTheDepth() throws {
    let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    _ = try parse(nested(128))
    _ = try parse(nested(512), depth: .max)
    #expect(throws: JSONError.self) { try parse(nested(129)) }
    let error = #expect(throws: JSONError.self) { try parse(nested(100_000), depth: .max) }
    #expect(error?.reason == .tooDeep(limit: 512))
    #expect(throws: JSONError.self) { try parse("[]", depth: -1) }
  }

  @Test func findsDuplicatesAmongManyKeys() {
    let members = (0..<100).map { "\"k\($0)\": 0" } + ["\"k7\": 0"]
    let error = #expect(throws: JSONError.self) {
      try parse("{" + members.joined(separator: ",") + "}")
    }
    #expect(error?.reason == .duplicateKey("k7"))
  }

  @Test func neverTrapsOnDamagedText() {
    let text = Array(#"{"a": [1.5e+3, "x\ud83d\ude00\n"], "b": {"c": [true, null, {}]}}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try JSON(parsing: text[..<length]) }
      for byte: UInt8 in [0x00, 0x22, 0x5C, 0x7B, 0x80, 0xFF] {
        var damaged = text
        damaged[length] = byte
        _ = try? JSON(parsing: damaged)
      }
    }
  }
}
