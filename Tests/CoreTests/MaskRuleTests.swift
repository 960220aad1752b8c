import BillhookModels
import BillhookTorch
@testable import BillhookCore
import Testing
import TestSupport

/// Which weights go, by numbers that were written down by hand.
@Suite struct MaskRuleTests {
  private func kept(
    _ values: [[Double]],
    _ group: ComparisonGroup = .row,
    percent: Double = 50,
    pattern: SparsityPattern? = nil,
    rounding: CountRounding = .down,
    alive: [[Double]]? = nil
  ) throws -> [[Int]] {
    let rule = MaskRule(pattern: pattern, group: group, rounding: rounding)
    let mask = try rule.kept(
      matrix(values),
      alive: try alive.map { try .!(matrix($0) .== 0) },
      percent: percent
    )
    return try rows(of: mask, values[0].count)
  }

  private func matrix(_ values: [[Double]]) throws -> Tensor {
    try Tensor(values.flatMap(\.self)).reshaped([values.count, values[0].count])
  }

  private func rows(of mask: Tensor, _ columns: Int) throws -> [[Int]] {
    let flat = try mask.integers()
    return stride(from: 0, to: flat.count, by: columns).map { Array(flat[$0..<$0 + columns]) }
  }

  private let values: [[Double]] = [[5, 1, 4, 2], [8, 7, 6, 9], [3, 3, 3, 3]]

  @Test func theLowestOfEachGroupGo() throws {
    #expect(try kept(values) == [[1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1]])
    // Of three rows one goes in each column.
    #expect(
      try kept(values, .column, percent: 34) == [[1, 0, 1, 0], [1, 1, 1, 1], [0, 1, 0, 1]]
    )
    // Of the twelve the six lowest, the ties among them from the first on.
    #expect(try kept(values, .matrix) == [[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    #expect(
      try kept(values, .matrix, percent: 40) == [[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]
    )
  }

  @Test func aPatternKeepsTheHighestOfNeighbours() throws {
    let half = try #require(SparsityPattern(1, of: 2))
    #expect(try kept(values, pattern: half) == [[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1]])
    let most = try #require(SparsityPattern(3, of: 4))
    #expect(try kept(values, pattern: most) == [[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1]])
  }

  @Test func countsAreRounded() throws {
    let row = [[1.0, 2, 3, 4, 5]]
    #expect(try kept(row, percent: 50) == [[0, 0, 1, 1, 1]])
    #expect(try kept(row, percent: 50, rounding: .nearest) == [[0, 0, 0, 1, 1]])
    #expect(try kept(row, percent: 40, rounding: .downPlusOne) == [[0, 0, 0, 1, 1]])
    let rule = MaskRule(pattern: nil, group: .row, rounding: .down)
    // 100 · 0.29 is 28.999… in f64.
    #expect(rule.count(of: 100, 29) == 29)
    #expect(rule.count(of: 10, 100) == 10)
    // So are 1000 · 0.323, 1000 · 0.641 and 16384 · 0.62500.
    let counts = [(1000, 32.3), (1000, 64.1), (16_384, 62.5), (1000, 32.29)].map(rule.count)
    #expect(counts == [323, 641, 10_240, 322])
    #expect(MaskRule(pattern: nil, group: .row, rounding: .downPlusOne).count(of: 4, 100) == 4)
  }

  @Test func whatIsGoneStaysGone() throws {
    // The 9 went before, so it is one of the two.
    let alive: [[Double]] = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]]
    #expect(try kept(values, alive: alive)[1] == [1, 1, 0, 0])
    #expect(try kept(values, percent: 0, alive: alive)[1] == [1, 1, 1, 0])
    let most = try #require(SparsityPattern(3, of: 4))
    #expect(try kept(values, pattern: most, alive: alive)[1] == [1, 1, 1, 0])
  }

  @Test func slabsAddUpToTheWhole() throws {
    let rule = MaskRule(pattern: nil, group: .matrix, rounding: .down)
    for (rows, columns, percent) in [(3, 10, 50.0), (7, 9, 33), (1, 5, 90)] {
      let values = try Tensor((0..<rows * columns).map { Double($0 * 7919 % 101) })
        .reshaped([rows, columns])
      var gone = 0
      for start in stride(from: 0, to: columns, by: 4) {
        let slab = start..<min(start + 4, columns)
        let mask = try rule.kept(
          values.narrowed(1, to: slab),
          of: slab,
          alive: nil,
          percent: percent
        )
        gone += try mask.integers().count { $0 == 0 }
      }
      #expect(gone == rule.count(of: rows * columns, percent))
    }
  }

  @Test func severalMatricesShareOneGroup() throws {
    let rule = MaskRule(pattern: nil, group: .module, rounding: .down)
    let masks = try rule.kept(
      [.up: matrix([[1, 9]]), .gate: matrix([[2, 3], [8, 4]])],
      alive: [:],
      percent: 50
    )
    #expect(try masks[.gate].map { try rows(of: $0, 2) } == [[0, 0], [1, 1]])
    #expect(try masks[.up].map { try rows(of: $0, 2) } == [[0, 1]])
  }

  @Test func patternsCountTheirSets() throws {
    #expect(SparsityPattern(2, of: 4)?.sets.count == 6)
    #expect(SparsityPattern(4, of: 8)?.setCount(atMost: 1_000) == 70)
    #expect(SparsityPattern(16, of: 32)?.setCount(atMost: 1_000) == 1_000)
    #expect(SparsityPattern(0, of: 4) == nil && SparsityPattern(4, of: 4) == nil)
  }
}
