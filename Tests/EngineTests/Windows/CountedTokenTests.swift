import BillhookCore
@testable import BillhookEngine
import Testing
import TestSupport

/// Windows in which only some tokens count, and windows that hold several texts.
@Suite struct CountedTokenTests {
  private static let one = TokenWindow(
    [5, 6, 7, 8, 9, 10],
    counting: [true, false, true, true, false, true]
  )
  private static let two = TokenWindow([11, 12, 13], counting: [false, false, true])
  private static let three = TokenWindow([14, 15, 16, 17])
  private static let none = TokenWindow([20, 21], counting: [false, false])

  @Test func rangesAreThoseOfTheTokensThatCount() {
    // The first token counts in no window.
    #expect(Self.one.counted == [2..<4, 5..<6])
    #expect(Self.one.targetCount == 3 && Self.one.firstTarget == 2)
    #expect(Self.none.targetCount == 0)
    #expect(TokenWindow([1, 2, 3], counting: [false, true, true]) == TokenWindow([1, 2, 3]))
    #expect(TokenWindow([1, 2, 3], firstTarget: 7).counted == [])
    let batch = TokenBatch(windows: [Self.one, Self.two])
    #expect(batch.predictingPlaces == [1, 2, 4, 6 + 1])
    #expect(batch.targets == [7, 8, 10, 13])
    #expect(batch.texts == [])
  }

  @Test func packedTextsKeepWhatCountsOfEach() {
    let packed = TokenWindow(packing: [Self.one, Self.two, Self.three])
    #expect(packed.tokens == [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
    // The first token of a text is never predicted from another text.
    #expect(packed.counted == [2..<4, 5..<6, 8..<9, 10..<13])
    #expect(packed.texts == [6, 3, 4])
    #expect(TokenWindow(packing: [packed, Self.three]).texts == [6, 3, 4, 4])
    #expect(TokenWindow(packing: [Self.one]) == Self.one)
    let batch = TokenBatch(windows: [packed, Self.two])
    #expect(batch.texts == [[6, 3, 4], [3, 10]])
    #expect(packed.withoutLastToken.texts == [6, 3, 3])
    let last = TokenWindow(packing: [Self.three, TokenWindow([1])])
    #expect(last.withoutLastToken.texts == [] && last.withoutLastToken.tokens == Self.three.tokens)
  }

  @Test func filesOfTokensHoldThem() throws {
    let tokens = TokenSet(
      [Self.one, TokenWindow(packing: [Self.one, Self.none, Self.three, Self.two]), Self.three],
      note: ""
    )
    let text = TokenFile.text(tokens)
    #expect(
      text == """
        5 6 | 7 8 | 9 | 10
        5 6 | 7 8 | 9 | 10 / 20 21 | / 14 15 16 17 / 11 12 | 13
        14 15 16 17

        """
    )
    let documents = try TokenFile.documents(text)
    func cut(_ set: (inout WindowSettings) -> Void = { _ in }) throws -> [TokenWindow] {
      var settings = WindowSettings()
      set(&settings)
      return try Windowing(settings, beginning: TextBeginning(1, isAdded: true)) { _ in [] }
        .windows(of: documents).windows
    }
    #expect(try cut() == tokens.windows)
    #expect(try cut { $0.samples = 2 } == Array(tokens.windows.prefix(2)))
    for set: (inout WindowSettings) -> Void in [
      { $0.length = 4 }, { $0.bos = .every }, { $0.bos = .first }, { $0.join = "" },
      { $0.samples = 4 },
    ] {
      #expect(throws: DataError.self) { try cut(set) }
    }
    for wrong in ["1 2 / / 3", "/ 1 2", "1 2 /", "1 | 2 | x", "|"] {
      let error = #expect(throws: DataError.self) { try TokenFile.documents("1 2\n\(wrong)\n") }
      #expect(error?.description.hasPrefix("line 2 is not a list of token ids") == true)
    }
  }

  /// In one window, side by side with others, in pieces: each text gives what it gives alone, to 1e-5 of
  /// the loss.
  @Test(
    arguments: [
      "llama-gqa", "gemma2", "gemma3", "llama-dynamic", "phi3-longrope", "mistral-window",
      "ministral3", "ministral3-window",
    ]
  )
  func aPackedTextGivesWhatItGivesAlone(name: String) throws {
    let model = try LanguageModel(opening: Fixture.path("models/\(name)"))
    let long = TokenWindow((0..<40).map { 3 + ($0 * 7) % 31 }, firstTarget: 3)
    let texts = [Self.one, long, Self.two, Self.three, Self.none]
    func loss(_ windows: [TokenWindow], _ context: RunContext = .testing()) throws -> TokenLoss {
      try Traversal(model, context).loss(on: TokenSet(windows, note: ""))
    }
    let alone = try texts.dropLast().map { try loss([$0]) }.reduce(TokenLoss(), +)
    #expect(alone.count == texts.reduce(0) { $0 + $1.targetCount })
    let packed = TokenWindow(packing: texts)
    let other = TokenWindow(packing: [Self.three, long, Self.one, Self.none, Self.two])
    var pieces = RunContext.testing()
    pieces.pieces.longestWhole = 0
    pieces.pieces.columns = 7
    pieces.pieces.scores = 30
    pieces.pieces.products = 500
    for context in [.testing(), pieces] {
      let found = try loss([packed], context)
      #expect(found.count == alone.count)
      #expect(abs(found.sum - alone.sum) < 1e-5 * alone.sum)
      let both = try loss([packed, other], context)
      #expect(both.count == 2 * alone.count)
      #expect(abs(both.sum - 2 * alone.sum) < 1e-5 * alone.sum)
      let each = try Traversal(model, context).losses(ofEach: TokenSet([packed, other], note: ""))
      for loss in each { #expect(abs(loss.sum - alone.sum) < 1e-5 * alone.sum) }
    }
    // Without walls between them they do not.
    let joined = TokenWindow(
      packed.tokens,
      counting: packed.tokens.indices.map { place in packed.counted.contains { $0 ~= place } }
    )
    #expect(abs(try loss([joined]).sum - alone.sum) > 1e-3 * alone.sum)
  }

  /// Several candidates run side by side, as rows of one batch.
  @Test func gatesSideBySideSeeTheSameTexts() throws {
    let model = try Golden("llama-gqa").model
    let packed = TokenWindow(packing: [Self.one, Self.three, Self.two])
    let tokens = TokenSet([packed], note: "")
    let gates = model.blocks.map { block in
      var gates = Gates()
      gates.closedBlocks = [block.sourceIndex]
      return gates
    }
    let together = try Traversal(model, .testing()).forward(tokens, candidates: gates)
    for (gates, losses) in zip(gates, together) {
      let alone = try Traversal(model.closing(gates), .testing()).loss(on: tokens)
      #expect(abs(losses.reduce(TokenLoss(), +).sum - alone.sum) < 1e-5 * alone.sum)
    }
  }

  /// The gradients of packed texts are the sum of those of each, to 1e-5 of the largest.
  @Test(arguments: [false, true]) func gradientsAreThoseOfTheTexts(inPieces: Bool) throws {
    let model = try Golden("llama-gqa").model
    var context = RunContext.testing()
    if inPieces {
      context.pieces.longestWhole = 0
      context.pieces.columns = 3
    }
    func gradients(_ windows: [TokenWindow]) throws -> [[Double]] {
      let tokens = TokenSet(windows, note: "")
      var sums: [Int: [Double]] = [:]
      try Traversal(model, context).backward(
        tokens,
        kinds: [.projection],
        onePerBatch: true,
        visit: { step, found in
          for role in found.gradients.roles {
            let key = step.number * 100 + (WeightRole.allCases.firstIndex(of: role) ?? 0)
            let values = try found.gradients.require(role).doubles().map { $0 * found.tokenShare }
            sums[key] = sums[key].map { zip($0, values).map(+) } ?? values
          }
        },
        leave: { _ in }
      )
      return sums.sorted { $0.key < $1.key }.map(\.value)
    }
    let apart = try gradients([Self.one, Self.two, Self.three])
    let packed = try gradients([TokenWindow(packing: [Self.one, Self.two, Self.three])])
    #expect(apart.count == packed.count && !apart.isEmpty)
    for (one, other) in zip(apart, packed) { #expect(differenceToScale(other, one) < 1e-5) }
  }
}
