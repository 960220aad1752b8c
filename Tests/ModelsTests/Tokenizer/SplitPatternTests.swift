import Testing

@testable import BillhookModels

@Suite struct SplitPatternTests {
  private static let llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
    + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private func words(_ regex: String, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    try SplitPattern(regex: regex).forEachPart(bytes, 0..<bytes.count) { range, _ in
      words.append(String(decoding: bytes[range], as: UTF8.self))
    }
    return words
  }

  @Test(arguments: [
    ("Hello my friend, how's it", ["Hello", " my", " friend", ",", " how", "'s", " it"]),
    ("a  b", ["a", " ", " b"]), ("a \n b ", ["a", " \n", " b", " "]), ("x\n", ["x", "\n"]),
    ("12ab 34", ["12", "ab", " 34"]), ("we'Ll 'll", ["we", "'", "Ll", " '", "ll"]),
    ("\u{3000}a\u{85}\u{85}b", ["\u{3000}", "a", "\u{85}", "\u{85}", "b"]),
    (" ...\n", [" ...", "\n"]), ("e\u{301}", ["e", "\u{301}"]), ("", []),
  ])
  func gpt2(text: String, expected: [String]) throws {
    #expect(try words(SplitPattern.gpt2, text) == expected)
  }

  @Test(arguments: [
    ("we'Ll go'ſ", ["we", "'Ll", " go", "'ſ"]), ("12345", ["123", "45"]),
    ("a.b\tc", ["a", ".b", "\tc"]), (" ...\r\n\nx", [" ...\r\n\n", "x"]),
    (" \n \n  y", [" \n \n", " ", " y"]), ("\n y", ["\n", " y"]), ("a   ", ["a", "   "]),
  ])
  func llama3(text: String, expected: [String]) throws {
    #expect(try words(Self.llama3, text) == expected)
  }

  @Test func aVersionOfUnicodeThatTheLibraryDoesNotKnowMakesNoLetters() throws {
    // Letters since Unicode 16 and since Unicode 17.
    #expect(try words(SplitPattern.gpt2, "\u{105C0}'d") == ["\u{105C0}", "'d"])
    #expect(try words(SplitPattern.gpt2, "\u{33270}'d") == ["\u{33270}'", "d"])
  }

  /// The text that is split, by the parts that come out; numbers show what a repeat gives back.
  @Test(arguments: [
    ("a+ab|b", "aaab", ["aaab"]), ("a++ab|b", "aaab", ["aaa", "b"]), ("a?+b", "aab", ["a", "ab"]),
    ("[^ab]", "xaby", ["x", "ab", "y"]), ("[a-c]{2}", "abcab", ["ab", "ca", "b"]),
    ("(?:ab|c)?d", "abdcdd", ["abd", "cd", "d"]), ("(?i:k)", "aK\u{212A}", ["a", "K", "\u{212A}"]),
    ("é+", "eéé", ["e", "éé"]), (#"\d\S"#, "1 23", ["1 ", "23"]),
    (#"\p{Lu}\p{M}*"#, "xE\u{301}É", ["x", "E\u{301}", "É"]),
  ])
  func otherPatterns(regex: String, text: String, expected: [String]) throws {
    #expect(try words(regex, text) == expected)
  }

  @Test(arguments: [
    ("", "character 1: this alternative may match nothing"),
    ("a|b*", "character 3: this alternative may match nothing"),
    ("a(?!b)(?=c)", "character 7: `(` is not supported here"),
    ("(ab)+", "character 1: `(` is not supported here"),
    ("(?:a|b)*", "character 8: `*` is not supported here"),
    ("(?:a|)", "character 6: `)` is not supported here"),
    ("a+?", "character 3: `?` is not supported here"),
    ("a{1,3}+", "character 7: `+` is not supported here"),
    ("a{0,3}", "character 7: supported: repeats from 1 to 64"),
    ("a{3,1}", "character 7: supported: repeats from 1 to 64"),
    ("a{99999999}", "character 9: supported: repeats from 1 to 64"),
    ("[a", "character 3: unexpected end"), ("[]", "character 2: `]` is not supported here"),
    ("[àâäèêëîïôû]", "character 10: more than 8 ranges beyond ASCII"),
    ("[a&&b]", "character 3: `&` is not supported here"),
    ("[z-a]", "character 2: `z` is not supported here"),
    ("[[:alpha:]]", "character 2: `[` is not supported here"),
    (#"\p{Han}"#, "character 4: `H` is not supported here"),
    (#"\w+"#, "character 2: `w` is not supported here"),
    (#"\"#, "character 2: unexpected end"), ("^a", "character 1: `^` is not supported here"),
    ("a$", "character 2: `$` is not supported here"),
    (".", "character 1: `.` is not supported here"),
    ("(?i:st)", "character 5: `st` is not supported with `i`"),
    ("(?i:é)", "character 5: supported with `i`: letters, and sets of them"),
    ("a*b*c*d", "character 1: too many repeats in this alternative"),
    ("a?b?c?d?e?f", "character 1: too many repeats in this alternative"),
    (String(repeating: "a", count: 600), "character 514: more than 512 parts"),
  ])
  func refusesWhatItDoesNotKnow(regex: String, problem: String) {
    let error = #expect(throws: SplitPatternError.self) { try SplitPattern(regex: regex) }
    #expect(error?.problem == problem)
  }

  /// Of all patterns that tokenizers use, this one looks ahead and goes back most; if it went back
  /// over all of a run for each of its words, this would not end.
  @Test(arguments: [" ", "A", "a", "日", "1", "-", "日A", "\u{301}A'"])
  func aLongRunTakesNoSquareOfItsLength(run: String) throws {
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let regex =
      #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+(?i:'s|'t)?|[^\r\n\p{L}\p{N}]?\#(upper)+"#
      + #"\#(lower)*(?i:'s|'t)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    let text = String(repeating: run, count: 100_000) + "x"
    #expect(try words(regex, text).joined() == text)
  }
}
