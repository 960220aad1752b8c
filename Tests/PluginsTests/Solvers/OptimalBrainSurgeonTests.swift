import BillhookCore
@testable import BillhookPlugins
import Testing

/// What outputs lose with weights, once others adapt.
@Suite struct OptimalBrainSurgeonTests {
  private func criterion(
    _ settled: OptimalBrainSurgeon.Settled,
    damping: Double = 0.01,
    joint: Bool = false
  ) -> OptimalBrainSurgeon {
    var criterion = OptimalBrainSurgeon()
    (criterion.settled, criterion.damping, criterion.joint) = (settled, damping, joint)
    return criterion
  }

  /// inv(XᵀX[first:, first:]) with the layer's damping, by rows.
  private func inverse(_ layer: SolverLayer, from first: Int) throws -> [[Double]] {
    let width = layer.weight.shape[1]
    let mean = try layer.gram.diagonal.mean().scalar()
    let unit = try Tensor.full([width, width], 1, dtype: .float64).lowerTriangle(upTo: 0)
      .upperTriangle(from: 0)
    let all = try layer.inputs.transposed(0, 1).matmul(layer.inputs) + unit * (0.01 * mean)
    let rest = first..<width
    let open = try all.narrowed(0, to: rest).narrowed(1, to: rest)
    let values = try open.solve(unit.narrowed(0, to: rest).narrowed(1, to: rest)).doubles()
    return (0..<rest.count).map { Array(values[$0 * rest.count..<($0 + 1) * rest.count]) }
  }

  @Test func valuesAreThoseOfTheInverse() throws {
    let layer = try SolverLayer(rows: 3, width: 20)
    let weights = try layer.weight.doubles()
    func expected(_ column: Int, _ first: Int) throws -> Double {
      try inverse(layer, from: first)[column - first][column - first]
    }
    let start = 8
    let columns = try layer.weight.narrowed(1, to: start..<14)
    for (settled, first) in [
      (.column, { $0 }), (.slab, { _ in start }), (.nothing, { _ in 0 }),
    ] as [(OptimalBrainSurgeon.Settled, (Int) -> Int)] {
      let found = try criterion(settled)
        .saliency(
          of: columns,
          layer.id,
          from: start,
          settled: start,
          layer.statistics
        ).doubles()
      for column in start..<14 {
        let value = try expected(column, first(column))
        for row in 0..<3 {
          let weight = weights[row * 20 + column]
          #expect(abs(found[row * 6 + column - start] * value / (weight * weight) - 1) < 1e-10)
        }
      }
    }
  }

  @Test func allColumnsAreThoseFromTheFirst() throws {
    let layer = try SolverLayer(rows: 3, width: 20)
    for settled in OptimalBrainSurgeon.Settled.allCases {
      let criterion = criterion(settled)
      let whole = try criterion.saliency(of: layer.weight, layer.id, layer.statistics)
      let from = try criterion.saliency(
        of: layer.weight,
        layer.id,
        from: 0,
        settled: 0,
        layer.statistics
      )
      #expect(whole.shape == [3, 20])
      #expect(try whole.equals(from))
    }
    // Without columns before it, a slab is all.
    let slab = try criterion(.slab).saliency(of: layer.weight, layer.id, layer.statistics)
    let nothing = try criterion(.nothing).saliency(of: layer.weight, layer.id, layer.statistics)
    #expect(try difference(slab, nothing) < 1e-13)
  }

  /// A slab may be asked about part by part, each of which may still change with all of it.
  @Test func partsOfASlabAreThoseOfTheSlab() throws {
    let layer = try SolverLayer(rows: 3, width: 20)
    let criterion = criterion(.slab, joint: true)
    func columns(_ range: Range<Int>) throws -> Tensor { try layer.weight.narrowed(1, to: range) }
    func saliency(_ range: Range<Int>, settled: Int) throws -> Tensor {
      try criterion.saliency(
        of: columns(range),
        layer.id,
        from: range.lowerBound,
        settled: settled,
        layer.statistics
      )
    }
    let (whole, part) = try (saliency(8..<16, settled: 8), saliency(12..<16, settled: 8))
    #expect(try difference(part, whole.narrowed(1, to: 4..<8)) < 1e-14)
    #expect(try difference(part, saliency(12..<16, settled: 12)) > 1e-3)
    func losses(_ range: Range<Int>, _ sets: [[Int]]) throws -> Tensor {
      try #require(
        try criterion.losses(
          of: columns(range),
          layer.id,
          from: range.lowerBound,
          settled: 8,
          removing: sets,
          layer.statistics
        )
      )
    }
    #expect(
      try difference(losses(12..<16, [[0, 3], [1, 2]]), losses(8..<16, [[4, 7], [5, 6]])) < 1e-12
    )
  }

  /// Nothing is settled where a whole matrix is looked at, and in a sweep all columns before one are.
  @Test func settledColumnsByDefault() throws {
    let layer = try SolverLayer(rows: 3, width: 20)
    func both(_ criterion: OptimalBrainSurgeon) throws -> (whole: Tensor, sweep: Tensor) {
      (
        try criterion.saliency(of: layer.weight, layer.id, layer.statistics),
        try criterion.saliency(of: layer.weight, layer.id, from: 0, settled: 0, layer.statistics)
      )
    }
    var own = OptimalBrainSurgeon()
    own.damping = criterion(.column).damping
    #expect(own.settled == nil)
    let found = try both(own)
    #expect(try found.whole.equals(both(criterion(.nothing)).whole))
    #expect(try found.sweep.equals(both(criterion(.column)).sweep))
    #expect(try !found.whole.equals(found.sweep))
  }

  /// With the identity all that counts is the size.
  @Test func inputsWithoutCorrelationGiveMagnitude() throws {
    let layer = try SolverLayer.identity()
    let expected = try layer.weight.pow(2)
    for settled in OptimalBrainSurgeon.Settled.allCases {
      let found = try criterion(settled).saliency(of: layer.weight, layer.id, layer.statistics)
      #expect(try difference(found, expected * 1.01) < 1e-14)
    }
  }

  @Test func deadInputsAreWorthNothing() throws {
    let layer = try SolverLayer(rows: 3, width: 20, dead: [0, 9])
    for settled in OptimalBrainSurgeon.Settled.allCases {
      let found = try criterion(settled).saliency(of: layer.weight, layer.id, layer.statistics)
      let zeros = try (found .== 0).to(.int64).sum([0]).integers()
      #expect(zeros == (0..<20).map { [0, 9].contains($0) ? 3 : 0 })
    }
    let losses = try #require(
      try criterion(.nothing, joint: true)
        .losses(
          of: layer.weight,
          layer.id,
          from: 0,
          settled: 0,
          removing: [[0, 9], [0, 1]],
          layer.statistics
        )
    ).doubles()
    let single = try criterion(.nothing).saliency(of: layer.weight, layer.id, layer.statistics)
      .doubles()
    for row in 0..<3 {
      #expect(losses[row * 2] == 0)
      #expect(abs(losses[row * 2 + 1] / single[row * 20 + 1] - 1) < 1e-12)
    }
  }

  @Test func setsOfOneAreTheSingleValues() throws {
    let layer = try SolverLayer(rows: 3, width: 20)
    let columns = try layer.weight.narrowed(1, to: 8..<12)
    for settled in [OptimalBrainSurgeon.Settled.slab, .nothing] {
      let criterion = criterion(settled, joint: true)
      let losses = try #require(
        try criterion.losses(
          of: columns,
          layer.id,
          from: 8,
          settled: 8,
          removing: [[0], [1], [2], [3]],
          layer.statistics
        )
      )
      let single = try criterion.saliency(
        of: columns,
        layer.id,
        from: 8,
        settled: 8,
        layer.statistics
      )
      #expect(losses.shape == [3, 4])
      #expect(try difference(losses, single) < 1e-12)
    }
    #expect(
      try criterion(.slab)
        .losses(of: columns, layer.id, from: 8, settled: 8, removing: [[0]], layer.statistics)
        == nil
    )
  }

  /// In each group the set of least joint loss loses no more than the set of least single losses.
  @Test func setsTogetherLoseNoMoreThanSetsOfSingles() throws {
    let layer = try SolverLayer()
    let pairs = (0..<4).flatMap { one in (one + 1..<4).map { [one, $0] } }
    for settled in OptimalBrainSurgeon.Settled.allCases {
      let criterion = criterion(settled, joint: true)
      for start in stride(from: 0, to: 64, by: 4) {
        let columns = try layer.weight.narrowed(1, to: start..<start + 4)
        let losses = try #require(
          try criterion.losses(
            of: columns,
            layer.id,
            from: start,
            settled: start,
            removing: pairs,
            layer.statistics
          )
        ).doubles()
        let single = try criterion.saliency(
          of: columns,
          layer.id,
          from: start,
          settled: start,
          layer.statistics
        )
        .doubles()
        for row in 0..<24 {
          let own = Array(losses[row * 6..<row * 6 + 6])
          let lowest = (0..<4).sorted { single[row * 4 + $0] < single[row * 4 + $1] }.prefix(2)
          let chosen = try #require(pairs.firstIndex(of: lowest.sorted()))
          #expect(try #require(own.min()) <= own[chosen])
        }
      }
    }
  }
}
