import BillhookCore
import Testing

/// Windows drawn from several sets by shares of tokens.
@Suite struct TokenMixtureTests {
  private func set(_ first: Int, _ count: Int, length: Int) -> TokenSet {
    TokenSet(
      (0..<count).map { TokenWindow([Int](repeating: first + $0, count: length)) },
      note: "n"
    )
  }

  private func drawn(
    _ shares: [Double],
    _ tokens: Int?,
    seed: Int = 1,
    _ sets: [TokenSet]
  ) throws -> TokenSet {
    try TokenMixture(shares: shares, tokens: tokens, seed: seed)
      .drawn(from: sets, named: ["a", "b", "c"])
  }

  @Test func everyBeginningHasTheShares() throws {
    let sets = [set(0, 50, length: 4), set(100, 50, length: 10), set(200, 50, length: 4)]
    let mixed = try drawn([0.5, 0.3, 0.2], 300, sets)
    #expect(mixed.windows.reduce(0) { $0 + $1.tokens.count } >= 300)
    var counts = [0, 0, 0]
    for window in mixed.windows {
      counts[window.tokens[0] / 100] += window.tokens.count
      let sum = Double(counts.reduce(0, +))
      // Off by no more than a window.
      for (count, share) in zip(counts, [0.5, 0.3, 0.2]) {
        #expect(abs(Double(count) - share * sum) <= 10)
      }
    }
    #expect(mixed.note.hasPrefix("300 tokens: a ") || mixed.note.hasPrefix("30"))
  }

  @Test func aSetIsUsedUpBeforeAnyWindowComesAgain() throws {
    let sets = [set(0, 3, length: 2), set(100, 7, length: 2)]
    let mixed = try drawn([0.5, 0.5], 40, sets)
    let small = mixed.windows.map { $0.tokens[0] }.filter { $0 < 100 }
    #expect(small.count == 10)
    for start in stride(from: 0, to: 9, by: 3) { #expect(Set(small[start..<start + 3]).count == 3) }
    #expect(mixed.note.contains("3.333 times"))
    let once = try drawn([0.5, 0.5], nil, sets)
    #expect(once.windows.map { $0.tokens[0] }.filter { $0 < 100 }.sorted() == [0, 1, 2])
    #expect(once.windows.count == 6)
  }

  @Test func aSeedDecidesTheOrder() throws {
    let sets = [set(0, 30, length: 2), set(100, 30, length: 2)]
    #expect(try drawn([0.5, 0.5], 60, sets) == drawn([0.5, 0.5], 60, sets))
    #expect(try drawn([0.5, 0.5], 60, sets) != drawn([0.5, 0.5], 60, seed: 2, sets))
  }

  @Test func masksAndTextsStay() throws {
    let masked = TokenWindow([1, 2, 3, 4], counting: [false, false, true, false])
    let sets = [TokenSet([masked], note: ""), set(100, 1, length: 4)]
    #expect(try drawn([0.5, 0.5], nil, sets).windows.contains(masked))
  }

  @Test func emptySetsAreNamed() throws {
    let error = #expect(throws: DataError.self) {
      try drawn([0.5, 0.5], 10, [set(0, 1, length: 2), TokenSet([], note: "")])
    }
    #expect(error?.description == "`b` gives no windows to draw from")
  }
}
