import TestSupport
import Testing

@testable import BillhookTokenizer

@Suite struct SplitPatternTests {
  private static let llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
    + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private func words(_ regex: String, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    try SplitPattern(regex: regex).forEachPart(bytes, 0..<bytes.count) { range, _ in
      if !range.isEmpty { words.append(String(decoding: bytes[range], as: UTF8.self)) }
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
    (#"\s+$"#, "a  b \n ", ["a  b", " \n "]), (#"a$"#, "a\nab", ["a", "\nab"]),
    (#"(?=(\d{3})+(?!\d))"#, "1234567", ["1", "234", "567"]),
    ("a{2,}", "abaaab", ["ab", "aaa", "b"]),
    ("(ab|a)(c|bcd)", "abcdabc", ["abc", "d", "abc"]), ("a(?=b)", "aab", ["a", "a", "b"]),
    ("[a-z&&[^aeiou]]+", "abcide", ["a", "bc", "i", "d", "e"]), ("[^[ab]c]", "xabc", ["x", "abc"]),
    ("[-a]", "a-b", ["a", "-", "b"]), (".", "a\nb", ["a", "\n", "b"]),
    (#"\P{L}\D"#, "1ab", ["1a", "b"]), ("(?:a|aa)+b", "aaab", ["aaab"]),
    (#"[\S&&[^b]]+"#, "abc", ["a", "b", "c"]), (#"\u4e00\x{4E8C}"#, "一二", ["一二"]),
    ("a*", "baa", ["b", "aa"]), ("", "ab", ["a", "b"]),
  ])
  func otherPatterns(regex: String, text: String, expected: [String]) throws {
    #expect(try words(regex, text) == expected)
  }

  @Test(arguments: [
    ("(?<=a)b", "character 2: `?` is not supported here"), ("(a", "character 3: unexpected end"),
    ("a)", "character 2: `)` is not supported here"),
    ("(?:a*)*", "character 1: what is repeated may match nothing"),
    ("(?:a|)+", "character 1: what is repeated may match nothing"),
    ("(?:ab)++", "character 8: `+` is not supported here"),
    ("a+?", "character 3: `?` is not supported here"),
    ("a{1,3}+", "character 7: `+` is not supported here"),
    ("a{2}{3}", "character 5: `{` is not supported here"),
    ("a{0}", "character 5: supported: repeats up to 1024"),
    ("a{3,1}", "character 7: supported: repeats up to 1024"),
    ("a{99999999}", "character 9: `9` is not supported here"),
    ("a{2000}", "character 8: supported: repeats up to 1024"),
    ("[a", "character 3: unexpected end"), ("[]", "character 2: `]` is not supported here"),
    ("[a--b]", "character 2: `a` is not supported here"),
    ("[z-a]", "character 5: the range `z-a` ends before it begins"),
    ("[[:alpha:]]", "character 2: `[:` is not supported in a set"),
    (#"\p{Han}"#, "character 4: `H` is not supported here"),
    (#"\w+"#, "character 2: `w` is not supported here"),
    (#"a\b"#, "character 3: `b` is not supported here"),
    (#"\"#, "character 2: unexpected end"), ("^a", "character 1: `^` is not supported here"),
    ("(?i:st)", "character 5: `st` is not supported with `i`"),
    ("(?i:é)", "character 5: supported with `i`: letters, and sets of them"),
    (String(repeating: "(", count: 40) + "a", "character 18: groups nested too deeply"),
    (String(repeating: "[", count: 40) + "a", "character 18: sets nested too deeply"),
    ("(?:(?:ab){900}){900}", "more than 4096 parts, with repeats written out"),
    (
      String(repeating: "a", count: 6000), "more than 4096 parts, with repeats written out"
    ),
  ])
  func refusesWhatItDoesNotKnow(regex: String, problem: String) {
    let error = #expect(throws: SplitPatternError.self) { try SplitPattern(regex: regex) }
    #expect(error?.problem == problem)
  }

  private func steps(_ regex: String, _ text: String) throws -> Int {
    let pattern = try SplitPattern(regex: regex)
    let bytes = Array(text.utf8)
    return pattern.forEachPart(bytes, 0..<bytes.count) { _, _ in }
  }

  /// Of all patterns that tokenizers use, this one looks ahead and goes back most.
  @Test(arguments: [" ", "A", "a", "日", "1", "-", "日A", "\u{301}A'"])
  func aLongRunTakesNoSquareOfItsLength(run: String) throws {
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let regex =
      #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+(?i:'s|'t)?|[^\r\n\p{L}\p{N}]?\#(upper)+"#
      + #"\#(lower)*(?i:'s|'t)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    let text = String(repeating: run, count: 5_000) + "x"
    #expect(try words(regex, text).joined() == text)
    #expect(try steps(regex, text) < 16 * text.utf8.count)
  }

  /// Patterns made to try each place again and again: the work grows with the text and no faster.
  @Test(arguments: [
    "[a-z]+!", "[a-z]+[a-z]+!", "[a-z]+[a-z]*[a-z]{2,}!", "(?:a|aa)+!", "(?:a+b?)*!", "(?=a*$)a",
    "a(?=[a-z]*[a-z0-9]*)", "a(?=(?:aa)+(?!a))", "(?:a*b|[a-z])", "a{1,64}!", "a{3,}!|a",
    "[a-z]+(?=q)|.", "(?:(?:a|b)*c)?a", "a(?!a*b)", "(a|a)+$!", "(?:a?a?a?a?)b",
  ])
  func theWorkIsLinearInTheText(regex: String) throws {
    let counts = [1_000, 4_000]
    let taken = try counts.map { try steps(regex, String(repeating: "a", count: $0)) }
    #expect(taken[1] < 300 * counts[1], "\(taken)")
    #expect(taken[1] < 5 * taken[0] + 100_000, "\(taken)")
  }

  /// Where everything is remembered from the first step on, the words are the same.
  @Test(arguments: [
    "a+b|a", "(?:a|ab)+c|.", "a*(?=b)b?|b", "(?:ab?)+$|b", "[ab]+c|[ab]", "(?:a{1,3}b)+|a",
    "a++b|.",
    "b(?!a*c)|a+", "(?:a+|b)+c|a", "(?=(ab)+c)a|.", "a{2,}b?|a{0,2}c", "(?:b?a+(?!c)b)*a|c",
  ])
  func whatIsRememberedChangesNoMatch(regex: String) throws {
    let pattern = try SplitPattern(regex: regex)
    var numbers = SplitMix64(seed: 5)
    for _ in 0..<300 {
      let text = RandomText([0x61...0x63]).make(length: 0...24, &numbers)
      let bytes = Array(text.utf8)
      var (plain, remembered): ([Range<Int>], [Range<Int>]) = ([], [])
      pattern.forEachPart(bytes, 0..<bytes.count) { range, _ in plain.append(range) }
      pattern.forEachPart(bytes, 0..<bytes.count, patience: -1) { range, _ in
        remembered.append(range)
      }
      #expect(plain == remembered, "\(text)")
    }
  }
}
