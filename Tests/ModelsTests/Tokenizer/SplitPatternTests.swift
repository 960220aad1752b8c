import Testing

@testable import BillhookModels

@Suite struct SplitPatternTests {
  private func words(_ pattern: SplitPattern, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    pattern.forEachWord(bytes, 0..<bytes.count) {
      words.append(String(decoding: bytes[$0], as: UTF8.self))
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
  func gpt2(text: String, expected: [String]) {
    #expect(words(.gpt2, text) == expected)
  }

  @Test(arguments: [
    ("we'Ll go'ſ", ["we", "'Ll", " go", "'ſ"]), ("12345", ["123", "45"]),
    ("a.b\tc", ["a", ".b", "\tc"]), (" ...\r\n\nx", [" ...\r\n\n", "x"]),
    (" \n \n  y", [" \n \n", " ", " y"]), ("\n y", ["\n", " y"]), ("a   ", ["a", "   "]),
  ])
  func llama3(text: String, expected: [String]) {
    #expect(words(.llama3(digits: 3), text) == expected)
  }

  @Test func aVersionOfUnicodeThatTheLibraryDoesNotKnowMakesNoLetters() {
    // Letters since Unicode 16 and since Unicode 17.
    #expect(words(.gpt2, "\u{105C0}'d") == ["\u{105C0}", "'d"])
    #expect(words(.gpt2, "\u{33270}'d") == ["\u{33270}'", "d"])
  }
}
