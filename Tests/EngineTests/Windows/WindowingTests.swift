import BillhookCore
import Testing

/// Windows by hand: a letter is a token, `<` (id 0) begins a text.
@Suite struct WindowingTests {
  private func windows(
    _ documents: [Document],
    beginning: TextBeginning = TextBeginning(0, isAdded: true),
    _ set: (inout WindowSettings) -> Void
  ) throws -> [TokenWindow] {
    var settings = WindowSettings()
    set(&settings)
    try settings.validate()
    let windowing = Windowing(settings, beginning: beginning) { text in
      text.unicodeScalars.map { Int($0.value) - 96 }
    }
    return try windowing.windows(of: documents).windows
  }

  @Test func withoutBOSTheTailIsDropped() throws {
    let found = try windows([.text("abcdefgh")]) {
      $0.length = 3
      $0.bos = .nowhere
    }
    #expect(found == [TokenWindow([1, 2, 3]), TokenWindow([4, 5, 6])])
  }

  @Test func bosFirstTakesAPlaceInTheFirstWindowOnly() throws {
    let found = try windows([.text("abcdefgh")]) {
      $0.length = 3
      $0.bos = .first
    }
    #expect(
      found == [TokenWindow([0, 1, 2]), TokenWindow([3, 4, 5]), TokenWindow([6, 7, 8])]
    )
  }

  @Test func bosEveryMakesEachWindowOneLonger() throws {
    let found = try windows([.text("abcdefgh")]) {
      $0.length = 3
      $0.bos = .every
    }
    #expect(found == [TokenWindow([0, 1, 2, 3]), TokenWindow([0, 4, 5, 6])])
    #expect(found.map(\.targetCount) == [3, 3])
  }

  @Test func overlappingWindowsCountEachTokenOnce() throws {
    let found = try windows([.text("abcdefg")]) {
      $0.length = 4
      $0.stride = 2
      $0.bos = .nowhere
    }
    #expect(
      found == [
        TokenWindow([1, 2, 3, 4]), TokenWindow([3, 4, 5, 6], firstTarget: 2),
        TokenWindow([5, 6, 7], firstTarget: 2),
      ]
    )
    #expect(found.map(\.targetCount).reduce(0, +) == 6)
  }

  @Test func overlappingWindowsWithBOSCountEachTokenOnce() throws {
    let found = try windows([.text("abcdefg")]) {
      $0.length = 4
      $0.stride = 2
      $0.bos = .every
    }
    #expect(found.map(\.tokens) == [[0, 1, 2, 3, 4], [0, 3, 4, 5, 6], [0, 5, 6, 7]])
    #expect(found.map(\.targetCount).reduce(0, +) == 7)
  }

  @Test func documentsStayApartUnlessJoined() throws {
    let documents: [Document] = [.text("abc"), .text("de")]
    let apart = try windows(documents) { $0.bos = .first }
    #expect(apart == [TokenWindow([0, 1, 2, 3]), TokenWindow([0, 4, 5])])
    let joined = try windows(documents) {
      $0.bos = .first
      $0.join = "z"
    }
    #expect(joined == [TokenWindow([0, 1, 2, 3, 26, 4, 5])])
  }

  @Test func samplesLimitConsecutiveWindows() throws {
    func sample(_ count: Int) throws -> [TokenWindow] {
      try windows([.text("abcdefgh")]) {
        $0.length = 2
        $0.samples = count
        $0.bos = .nowhere
      }
    }
    #expect(try sample(3).count == 3)
    let error = #expect(throws: DataError.self) { try sample(5) }
    #expect(error?.description.contains("gives 4 windows") == true)
  }

  @Test func randomWindowsComeFromTheirTextsAndRepeatWithTheSeed() throws {
    let documents = ["abcdefghij", "klmnopqrst", "uv"].map(Document.text)
    func sample(seed: Int) throws -> [TokenWindow] {
      try windows(documents) {
        $0.windows = .random
        $0.length = 4
        $0.samples = 6
        $0.seed = seed
        $0.bos = .nowhere
      }
    }
    let found = try sample(seed: 1)
    #expect(found.count == 6)
    for window in found {
      let first = window.tokens[0]
      #expect(window.tokens == Array(first..<first + 4))
      #expect((1...7).contains(first) || (11...17).contains(first))
    }
    // Both long texts are used before one is used again.
    #expect(Set(found.prefix(2).map { ($0.tokens[0] - 1) / 10 }).count == 2)
    #expect(try found == sample(seed: 1))
    #expect(try found != sample(seed: 2))
  }

  @Test func whatCannotBeCutIsExplained() throws {
    let error = #expect(throws: DataError.self) {
      try windows([.text("abc")]) {
        $0.length = 8
        $0.bos = .nowhere
      }
    }
    #expect(
      error?.description
        == "the text has 3 tokens, a window 8: choose a smaller `length`, or longer texts"
    )
    let several = #expect(throws: DataError.self) {
      try windows([.text("abc"), .text("abcd")]) {
        $0.length = 8
        $0.bos = .nowhere
      }
    }
    #expect(
      several?.description
        == "the longest of 2 texts has 4 tokens, a window 8: choose a smaller `length`, or longer "
        + "texts (`join` makes one text of them all)"
    )
    let short = #expect(throws: DataError.self) {
      try windows([.text("a")]) { $0.bos = .nowhere }
    }
    #expect(
      short?.description
        == "the text has 1 token, and a window needs 2: one to predict from, and one to predict"
    )
    let context = #expect(throws: DataError.self) {
      try windows([.tokens([5, 6], firstTarget: 2), .tokens([7], firstTarget: 1)]) { _ in }
    }
    #expect(
      context?.description
        == "the longest of 2 texts has 2 tokens, all of them context (ids before a `|`): one at least "
        + "has to follow, to be predicted"
    )
    let none = #expect(throws: DataError.self) { try windows([]) { _ in } }
    #expect(none?.description == "holds no text: there is nothing to cut windows from")
    let empty = #expect(throws: DataError.self) { try windows([.text(""), .text("")]) { _ in } }
    #expect(empty == none)
    let noToken = #expect(throws: DataError.self) {
      try windows([.text("ab")], beginning: TextBeginning(nil, isAdded: false)) { $0.bos = .first }
    }
    #expect(
      noToken?.description == "the model has no token that begins a text; set `bos = none`"
    )
  }

  /// A text begins as the tokenizer begins it, unless the recipe says otherwise.
  @Test func withoutASettingTheTokenizerSaysWhetherATextBeginsWithBOS() throws {
    let text: [Document] = [.text("abc")]
    #expect(try windows(text) { _ in } == [TokenWindow([0, 1, 2, 3])])
    let quiet = TextBeginning(9, isAdded: false)
    #expect(try windows(text, beginning: quiet) { _ in } == [TokenWindow([1, 2, 3])])
    #expect(
      try windows(text, beginning: quiet) { $0.bos = .first } == [TokenWindow([9, 1, 2, 3])]
    )
    let none = TextBeginning(nil, isAdded: false)
    #expect(try windows(text, beginning: none) { _ in } == [TokenWindow([1, 2, 3])])
  }

  @Test func settingsThatContradictEachOtherAreRefused() {
    var settings = WindowSettings()
    settings.windows = .random
    #expect(throws: ParameterProblem.self) { try settings.validate() }
    settings.length = 4
    #expect(throws: ParameterProblem.self) { try settings.validate() }
    settings.samples = 2
    #expect(throws: Never.self) { try settings.validate() }
    settings.stride = 2
    #expect(throws: ParameterProblem.self) { try settings.validate() }
    settings.windows = .consecutive
    settings.stride = nil
    settings.seed = 1
    #expect(throws: ParameterProblem.self) { try settings.validate() }
    settings.seed = nil
    settings.stride = 5
    #expect(throws: ParameterProblem.self) { try settings.validate() }
  }

  @Test func batchesHoldWindowsOfOneForm() {
    let windows = [3, 3, 3, 4, 4, 3].map { TokenWindow(Array(0..<$0)) }
    let batches = TokenSet(windows, note: "").batches(ofAtMost: 6)
    #expect(batches.map { $0.windows.count } == [1, 2, 1, 1, 1])
    #expect(batches.flatMap(\.windows) == windows)
    let alike = TokenSet((0..<10).map { _ in TokenWindow([1, 2]) }, note: "")
    #expect(alike.batches(ofAtMost: 9).map { $0.windows.count } == [3, 3, 4])
    #expect(TokenSet(windows, note: "").batches(ofAtMost: 0).count == 6)
  }

  @Test func tokenFilesRoundTrip() throws {
    let tokens = TokenSet(
      [TokenWindow([5, 6, 7]), TokenWindow([8, 9, 10], firstTarget: 2)],
      note: ""
    )
    let text = TokenFile.text(tokens)
    #expect(text == "5 6 7\n8 9 | 10\n")
    let documents = try TokenFile.documents(text)
    #expect(
      documents == [
        .tokens([5, 6, 7], firstTarget: 1), .tokens([8, 9, 10], firstTarget: 2),
      ]
    )
    #expect(try windows(documents) { $0.bos = .nowhere } == tokens.windows)
    #expect(try windows(documents) { _ in } == tokens.windows)
    #expect(
      try windows(documents) { $0.bos = .every } == [
        TokenWindow([0, 5, 6, 7]), TokenWindow([0, 8, 9, 10], firstTarget: 3),
      ]
    )
    #expect(throws: DataError.self) { try windows(documents) { $0.length = 2 } }
    #expect(throws: DataError.self) { try windows(documents) { $0.bos = .first } }
    #expect(throws: DataError.self) { try windows(documents) { $0.join = "" } }
    let error = #expect(throws: DataError.self) { try TokenFile.documents("1 2\n3 x\n") }
    #expect(error?.description.contains("line 2") == true)
    #expect(throws: DataError.self) { try TokenFile.documents("1 -2\n") }
  }

  @Test func linesOfTokenFilesEndAsInAnySystem() throws {
    for end in ["\n", "\r\n", "\r"] {
      let documents = try TokenFile.documents(["5 6", "", "\t7  8 "].joined(separator: end))
      #expect(
        documents == [.tokens([5, 6], firstTarget: 1), .tokens([7, 8], firstTarget: 1)],
        "\(end.utf8.map(\.self))"
      )
    }
    let error = #expect(throws: DataError.self) { try TokenFile.documents("1 2\r\n3 x\r\n") }
    #expect(error?.description.contains("line 2") == true)
  }
}
