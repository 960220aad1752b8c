import BillhookPipeline
import BillhookRecipe
@testable import BillhookRunner
import TestSupport
import Testing

/// Tables at the width of a terminal.
@Suite struct FittedTableTests {
  private func table(_ labels: [String]) -> FittedTable {
    func column(_ head: String, _ rank: Int, _ cell: (Int) -> String) -> FittedTable.Column {
      FittedTable.Column(head, labels.indices.map(cell), rank: rank)
    }
    return FittedTable(
      "model",
      labels,
      [
        column("parameters", 2) { "\(9 - $0).394 M" }, column("size", 3) { "\($0 + 1).789 MB" },
        column("perplexity wikitext", 0) { "\(20 + $0).63" },
        column("perplexity ptb", 1) { "\(30 + $0).17 [29.00, 31.00]" },
      ]
    )
  }

  private func shown(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

  @Test func whatFitsStandsOnLinesOfItsOwn() {
    let expected = """
      model      parameters      size  perplexity wikitext        perplexity ptb
      as opened     9.394 M  1.789 MB                20.63  30.17 [29.00, 31.00]
      - 3 block     8.394 M  2.789 MB                21.63  31.17 [29.00, 31.00]

      """
    #expect(shown(table(["as opened", "- 3 block"]).lines(within: 80)) == expected)
  }

  @Test func headsAreBrokenFirst() {
    let expected = """
                                               perplexity
      model              parameters      size    wikitext        perplexity ptb
      as opened             9.394 M  1.789 MB       20.63  30.17 [29.00, 31.00]
      - 3 block by ppl+     8.394 M  2.789 MB       21.63  31.17 [29.00, 31.00]

      """
    #expect(shown(table(["as opened", "- 3 block by ppl+"]).lines(within: 75)) == expected)
  }

  private static let long = ["as opened", "criterion=taylor+, cut=3, - 3 block by taylor+"]

  @Test func labelsAreCutNext() {
    let expected = """
                                                      perplexity
        model                   parameters      size    wikitext        perplexity ptb
      1 as opened                  9.394 M  1.789 MB       20.63  30.17 [29.00, 31.00]
      2 criterion=taylor+, cu…     8.394 M  2.789 MB       21.63  31.17 [29.00, 31.00]
        1 as opened
        2 criterion=taylor+, cut=3, - 3 block by taylor+

      """
    #expect(shown(table(Self.long).lines(within: 80)) == expected)
  }

  @Test func columnsAreLeftOutLast() {
    let narrow = """
                                  perplexity
        model                       wikitext        perplexity ptb
      1 as opened                      20.63  30.17 [29.00, 31.00]
      2 criterion=taylor+, cut=…       21.63  31.17 [29.00, 31.00]
        1 as opened
        2 criterion=taylor+, cut=3, - 3 block by taylor+
      no room for parameters, size; `--wide` shows all

      """
    #expect(shown(table(Self.long).lines(within: 60)) == narrow)
    let narrower = """
                                        perplexity
        model                             wikitext
      1 as opened                            20.63
      2 criterion=taylor+, cut=3, - 3…       21.63
        1 as opened
        2 criterion=taylor+, cut=3, - 3 block by
          taylor+
      no room for parameters, size, perplexity
        ptb; `--wide` shows all

      """
    #expect(shown(table(Self.long).lines(within: 44)) == narrower)
  }

  @Test func wideShowsAll() {
    let label = String(repeating: "x", count: 200)
    let lines = table([label]).lines(within: nil)
    #expect(lines.count == 2 && lines[1].hasPrefix(label) && lines[1].hasSuffix("31.00]"))
  }

  /// Whatever stands in a table: no line is too wide, and every number that is shown is whole.
  @Test func whateverStandsInIt() {
    var random = SplitMix64(seed: 11)
    let parts = [
      "a", "cut=3", "日本語", "😀", "perplexity", "wikitext_validation_2", "- 3 block by ppl+", "|",
      "\u{1B}[31m", "e\u{301}", "x y",
    ]
    func text(_ most: Int) -> String {
      (0..<Int.random(in: 0...most, using: &random))
        .map { _ in parts.randomElement(using: &random) ?? "" }.joined(separator: " ")
    }
    for _ in 0..<1500 {
      let rows = Int.random(in: 1...12, using: &random)
      var numbers: [Set<String>] = []
      let columns = (0..<Int.random(in: 1...7, using: &random)).map { index in
        let cells = (0..<rows).map { _ in
          let size = Double.random(in: -6...9, using: &random)
          return Quantity.number(Double.random(in: 1...9, using: &random) * size.magnitude * 1e3)
        }
        numbers.append(Set(cells))
        return FittedTable.Column(
          text(4),
          cells,
          rank: index == 0 ? 0 : Int.random(in: 1...3, using: &random)
        )
      }
      let labels = (0..<rows).map { _ in text(8) }
      let width = Int.random(in: 40...140, using: &random)
      let lines = FittedTable("model", labels, columns).lines(within: width)
      #expect(lines.allSatisfy { $0.cells <= width }, "\(lines)")
      #expect(lines.allSatisfy { !$0.unicodeScalars.contains { $0.isControl } })
      // The rows come after the heads: as many as there are labels, each ending with whole numbers.
      let whole = numbers.reduce(Set()) { $0.union($1) }
      let body = lines.filter { line in
        line.split(separator: " ").last.map { whole.contains(String($0)) } == true
      }
      #expect(body.count >= rows)
    }
  }
}
