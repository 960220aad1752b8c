import BillhookCore
@testable import BillhookPlugins
import Testing

/// Column by column, later columns make up for earlier ones.
@Suite struct SparseGPTTests {
  private func sparseGPT(slab: Int = 128, damping: Double = 0.01) -> SparseGPT {
    var repair = SparseGPT()
    repair.width = slab
    repair.damping = damping
    return repair
  }

  /// XᵀX = [2 1; 1 2] has U = [√(2/3) -1/√6; 0 1/√2]: without weight 0, weight 1 gains w₀/2, which is
  /// what the inputs have in common.
  @Test func twoColumnsByHand() throws {
    let inputs = try Tensor([1, 0, 1, 1, 0, 1] as [Double], shape: [3, 2])
    let layer = try SolverLayer(
      weight: Tensor([3, 5, 4, 2] as [Double], shape: [2, 2]),
      inputs: inputs
    )
    let mask = try Tensor([0, 1, 1, 0], shape: [2, 2]) .== 1
    let found = try layer.repaired(sparseGPT(damping: 0), mask).doubles()
    // A column that goes last has nothing after it.
    #expect(zip(found, [0, 6.5, 4, 0]).allSatisfy { abs($0 - $1) < 1e-14 }, "\(found)")
  }

  @Test func inputsWithoutCorrelationMoveNothing() throws {
    let layer = try SolverLayer.identity()
    let mask = try layer.mask()
    for repair: any Repair in [sparseGPT(slab: 8), MultipleRemoval()] {
      let cut = ProjectionCut(id: layer.id, weight: layer.weight, mask: mask)
      let new = try #require(repair.repaired(cut, layer.statistics).weight)
      #expect(try mask.choosing(new, else: .zeros([], dtype: .float64)).equals(layer.masked(mask)))
    }
  }

  /// The lazy update: to 1e-12 in f64, in which the sums only have another order.
  @Test(arguments: [1, 2, 4, 7, 16, 20, 64, 100, 300])
  func noSlabChangesWhatAMaskGives(slab: Int) throws {
    let layer = try SolverLayer(rows: 12, width: 700, tokens: 1400)
    let mask = try layer.mask()
    let expected = try layer.repaired(sparseGPT(slab: 700), mask)
    #expect(try difference(layer.repaired(sparseGPT(slab: slab), mask), expected) < 1e-12)
    // The same mask, asked for on the way.
    var asked: [Range<Int>] = []
    let cut = ProjectionCut(id: layer.id, weight: layer.weight, step: slab) {
      columns,
      current,
      settled in
      #expect(settled == columns.lowerBound)
      #expect(current.shape == [12, columns.count])
      asked.append(columns)
      return try mask.narrowed(1, to: columns)
    }
    let new = try #require(sparseGPT(slab: 128).repaired(cut, layer.statistics).weight)
    let found = try mask.choosing(new, else: .zeros([], dtype: .float64))
    #expect(try difference(found, expected) < 1e-12)
    #expect(asked.map(\.lowerBound) == Array(stride(from: 0, to: 700, by: slab)))
  }

  /// What is chosen by is what an undelayed sweep has by then.
  @Test func choosingSeesWhatEarlierColumnsChanged() throws {
    let layer = try SolverLayer(rows: 5, width: 24)
    let mask = try layer.mask()
    let factor = try layer.gram.inverseFactor(.mean(0.01)).doubles()
    var weights = try layer.weight.doubles()
    let flags = try mask.to(.int64).integers()
    var seen: [[Double]] = []
    let cut = ProjectionCut(id: layer.id, weight: layer.weight, step: 4) { columns, current, _ in
      seen.append(try current.doubles())
      return try mask.narrowed(1, to: columns)
    }
    _ = try sparseGPT().repaired(cut, layer.statistics)
    for column in 0..<24 {
      if column % 4 == 0 {
        let now = (0..<5).flatMap { row in (0..<4).map { weights[row * 24 + column + $0] } }
        #expect(zip(seen[column / 4], now).allSatisfy { abs($0 - $1) < 1e-12 }, "\(column)")
      }
      for row in 0..<5 where flags[row * 24 + column] == 0 {
        let error = weights[row * 24 + column] / factor[column * 24 + column]
        for later in column..<24 {
          weights[row * 24 + later] -= error * factor[column * 24 + later]
        }
      }
    }
  }

  @Test(arguments: 1...5)
  func theErrorIsBelowThatOfThePlainMask(seed: Int) throws {
    let layer = try SolverLayer(seed: UInt64(seed))
    let mask = try layer.mask()
    let repaired = try layer.error(of: layer.repaired(sparseGPT(), mask))
    #expect(try repaired < 0.9 * layer.error(of: layer.masked(mask)))
  }

  @Test func deadInputsDisturbNothing() throws {
    let layer = try SolverLayer(dead: [0, 17, 63])
    let mask = try layer.mask()
    for repair: any Repair in [sparseGPT(), MultipleRemoval(), AlternatingDirections()] {
      let cut = ProjectionCut(id: layer.id, weight: layer.weight, mask: mask)
      let new = try #require(repair.repaired(cut, layer.statistics).weight)
      #expect(try new.allFinite())
      #expect(try layer.error(of: mask.choosing(new, else: .zeros([], dtype: .float64))).isFinite)
    }
    // Those that stay are as they were.
    let all = try layer.weight .== layer.weight
    let kept = try layer.repaired(sparseGPT(), all)
    #expect(try kept.equals(layer.weight))
  }

  @Test func f32IsAsExactAsItsType() throws {
    let layer = try SolverLayer(rows: 12, width: 300, tokens: 900)
    let narrow = try SolverLayer(
      weight: layer.weight.to(.float32),
      inputs: layer.inputs.to(.float32)
    )
    let mask = try layer.mask()
    for repair: any Repair in [sparseGPT(), MultipleRemoval(), AlternatingDirections()] {
      func repaired(_ layer: SolverLayer) throws -> Tensor {
        let cut = ProjectionCut(id: layer.id, weight: layer.weight, mask: mask)
        return try #require(repair.repaired(cut, layer.statistics).weight).to(.float64)
      }
      let (found, expected) = (try repaired(narrow), try repaired(layer))
      let zero = try Tensor.zeros([], dtype: .float64)
      #expect(
        try difference(mask.choosing(found, else: zero), mask.choosing(expected, else: zero)) < 2e-5
      )
    }
  }
}
