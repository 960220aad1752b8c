import BillhookCore
@testable import BillhookPlugins
import Testing

/// All that goes at once.
@Suite struct MultipleRemovalTests {
  private func removal(slab: SlabWidth = .none, damping: Double = 0) -> MultipleRemoval {
    var repair = MultipleRemoval()
    repair.width = slab
    repair.damping = damping
    return repair
  }

  private func sweep(damping: Double) -> SparseGPT {
    var repair = SparseGPT()
    repair.damping = damping
    return repair
  }

  /// Also where rows lose different numbers of weights, some none and some all.
  @Test func wholeRowsAreTheLeastSquaresFit() throws {
    let layer = try SolverLayer()
    for damping in [0, 0.01] {
      let even = try layer.mask()
      let shares = try Tensor((0..<24).map { Double($0) / 23 }, shape: [24, 1])
      let uneven = try Generator(seed: 9).uniform([24, 64], dtype: .float64) .< shares
      for mask in [even, uneven, try layer.mask(keeping: 0.8), try layer.mask(keeping: 0.25)] {
        let found = try layer.repaired(removal(damping: damping), mask)
        #expect(try difference(found, layer.leastSquares(mask, damping: damping)) < 1e-11)
      }
    }
  }

  /// The loss that the paper's equation 12 tells beforehand.
  @Test func whatIsLostIsWhatWasPredicted() throws {
    let layer = try SolverLayer(rows: 4, width: 12)
    var criterion = OptimalBrainSurgeon()
    (criterion.damping, criterion.settled, criterion.joint) = (0, .nothing, true)
    let sets = [[0, 3, 4], [1, 2, 11], [9, 5, 7]]
    let predicted = try #require(
      try criterion.losses(
        of: layer.weight,
        layer.id,
        from: 0,
        settled: 0,
        removing: sets,
        layer.statistics
      )
    ).doubles()
    for (index, set) in sets.enumerated() {
      let flags = (0..<48).map { set.contains($0 % 12) ? 0 : 1 }
      let mask = try Tensor(flags, shape: [4, 12]) .== 1
      let measured = try layer.rowErrors(of: layer.repaired(removal(), mask)).doubles()
      for row in 0..<4 {
        #expect(abs(predicted[row * 3 + index] / measured[row] - 1) < 1e-10)
      }
    }
  }

  /// w -= w_j · [H⁻¹]_j,: / [H⁻¹]_jj.
  @Test func oneWeightIsTheClosedForm() throws {
    let layer = try SolverLayer(rows: 3, width: 8)
    let factor = try layer.gram.inverseFactor(.mean(0))
    let inverse = try factor.transposed(0, 1).matmul(factor).doubles()
    let weights = try layer.weight.doubles()
    for gone in [0, 5, 7] {
      let mask = try Tensor((0..<24).map { $0 % 8 == gone ? 0 : 1 }, shape: [3, 8]) .== 1
      let found = try layer.repaired(removal(), mask).doubles()
      for place in 0..<24 where place % 8 != gone {
        let lost = weights[place / 8 * 8 + gone]
        let change = lost * inverse[gone * 8 + place % 8] / inverse[gone * 9]
        #expect(abs(found[place] - (weights[place] - change)) < 1e-12)
      }
    }
  }

  /// Over whole rows it is the optimum, so no sweep with the same mask comes nearer.
  @Test(arguments: 1...7)
  func noSweepComesNearer(seed: Int) throws {
    let layer = try SolverLayer(seed: UInt64(seed))
    let mask = try layer.mask()
    let plain = try layer.error(of: layer.masked(mask))
    let swept = try layer.error(of: layer.repaired(sweep(damping: 0), mask))
    let slabs = try layer.error(of: layer.repaired(removal(slab: .columns(16)), mask))
    let rows = try layer.error(of: layer.repaired(removal(), mask))
    #expect(rows <= slabs && slabs < plain && rows < 0.95 * swept && swept < plain)
    // A slab of one column is the sweep.
    let single = try layer.repaired(removal(slab: .columns(1)), mask)
    #expect(try difference(single, layer.repaired(sweep(damping: 0), mask)) < 1e-11)
  }

  /// The columns before a slab are settled: the rest is the fit of H without them.
  @Test(arguments: [0.75, 0.5, 0.25])
  func slabsAreFittedOneAfterTheOther(share: Double) throws {
    let layer = try SolverLayer(rows: 5, width: 24)
    let mask = try layer.mask(keeping: share)
    let flags = try mask.to(.int64).integers()
    let products = try layer.inputs.transposed(0, 1).matmul(layer.inputs)
    var weights = try layer.weight.doubles()
    for start in stride(from: 0, to: 24, by: 8) {
      // Of columns from `start` on, all of this slab that go are removed and all later ones are free.
      let rest = Array(start..<24)
      let own = try products.selecting(0, Tensor(rest)).selecting(1, Tensor(rest))
      for row in 0..<5 {
        let kept = rest.indices.filter { $0 >= 8 || flags[row * 24 + rest[$0]] == 1 }
        let places = try Tensor(kept)
        let old = try Tensor(rest.map { weights[row * 24 + $0] }, shape: [rest.count, 1])
        let inner = try own.selecting(0, places).selecting(1, places)
        let new = try inner.solve(own.selecting(0, places).matmul(old)).doubles()
        for column in rest { weights[row * 24 + column] = 0 }
        for (place, value) in zip(kept, new) { weights[row * 24 + rest[place]] = value }
      }
    }
    let found = try layer.repaired(removal(slab: .columns(8)), mask)
    #expect(try difference(found, Tensor(weights, shape: [5, 24])) < 1e-11)
  }

  /// What a slab of 8 columns asks for, 4 at a time or 16 at a time, is what the mask says.
  @Test(arguments: [1, 3, 4, 8, 16, 5])
  func theMaskMayBeChosenOnTheWay(step: Int) throws {
    let layer = try SolverLayer(rows: 5, width: 24)
    let mask = try layer.mask()
    // A slab holds whole steps.
    let slab = step <= 8 ? 8 / step * step : 8
    let cut = ProjectionCut(id: layer.id, weight: layer.weight, step: step) {
      columns,
      current,
      settled in
      #expect(current.shape == [5, columns.count])
      let together = max(step, slab)
      #expect(settled == columns.lowerBound / together * together)
      return try mask.narrowed(1, to: columns)
    }
    let new = try #require(removal(slab: .columns(8)).repaired(cut, layer.statistics).weight)
    let found = try mask.choosing(new, else: .zeros([], dtype: .float64))
    #expect(try difference(found, layer.repaired(removal(slab: .columns(slab)), mask)) < 1e-12)
  }

  /// Heads and channels: whole columns are one system for all rows, of what goes or of what stays.
  @Test(
    arguments: [SlabWidth.none, .columns(16)],
    [[0, 1, 2, 3, 17, 40, 41, 63], Array(0..<48) + [55]]
  )
  func wholeColumnsAreTheFitOfWhatStays(slab: SlabWidth, gone: [Int]) throws {
    let layer = try SolverLayer()
    let cut = ProjectionCut(id: layer.id, weight: layer.weight, columns: gone)
    let repair = removal(slab: slab, damping: 0.01)
    let new = try #require(repair.repaired(cut, layer.statistics).weight)
    let flags = (0..<24 * 64).map { gone.contains($0 % 64) ? 0 : 1 }
    let mask = try Tensor(flags, shape: [24, 64]) .== 1
    #expect(try difference(new, layer.repaired(repair, mask)) < 1e-11)
    guard slab == .none else { return }
    #expect(try difference(new, layer.leastSquares(mask, damping: 0.01)) < 1e-11)
  }

  /// Systems have as many unknowns as weights go of a row, or stay, whichever is less.
  @Test func theWorkIsThatOfTheSmallerSystems() {
    let whole = removal()
    let cube: Double = 16 * 16 * 16
    let work = 8 * (cube / 3 + cube)
    for share in [0.25, 0.75] {
      #expect(whole.operations(rows: 8, columns: 64, removing: share) == work)
    }
    // Four slabs with eight unknowns each.
    let slabs = removal(slab: .columns(16))
    let swept: Double = 6 * (4 * 512 / 3 + 4096)
    #expect(slabs.operations(rows: 6, columns: 64, removing: 0.5) == swept)
    // A row of a 7B's `down`: 5,504 rows of 11,008, their places, the system and its factors.
    let systems: Int = 5504 * (8 + 3 * 4 + 1)
    let row: Int = 5504 * (4 * 11_008 + systems)
    #expect(whole.bytes(rows: 4096, columns: 11_008, removing: 0.5) == row)
    #expect(slabs.bytes(rows: 4096, columns: 11_008, removing: 0.5) == 64 << 20)
  }

  @Test func aFullMaskChangesNothing() throws {
    let layer = try SolverLayer()
    let all = try layer.weight .== layer.weight
    for repair: any Repair in [removal(), removal(slab: .columns(16)), AlternatingDirections()] {
      let cut = ProjectionCut(id: layer.id, weight: layer.weight, mask: all)
      let new = try repair.repaired(cut, layer.statistics).weight
      #expect(try #require(new).equals(layer.weight))
    }
  }

  /// What f32 cannot factor is solved in f64.
  ///
  /// BBᵀ + 2⁻¹⁶ of 200 rows of 10 whole numbers, exact in f32: most of its pivots are smaller than f32
  /// rounds.
  @Test func aSystemThatIsNearlySingularIsSolved() throws {
    let (rows, columns) = (200, 10)
    let base = try Generator(seed: 1).integers(in: -5..<6, [rows, columns]).to(.float64)
    let unit = try Tensor.full([rows, rows], 0x1p-16, dtype: .float64)
      .lowerTriangle(upTo: 0).upperTriangle(from: 0)
    let exact = try base.matmul(base.transposed(0, 1)) + unit
    let matrix = try exact.to(.float32)
    let isExact = try matrix.to(.float64).equals(exact)
    #expect(isExact)
    #expect(throws: TorchError.self) { try matrix.cholesky(.lower) }
    let all = try Tensor.full([rows, 1], 1, dtype: .bool)
    let weights = try base.sum([1]).unsqueezed(1)
    let found = try PrincipalSystems(matrix).solved(weights.to(.float32), where: all)
    #expect(found.dtype == .float32)
    let expected = try exact.solve(weights)
    #expect(try difference(found.to(.float64), expected) < 1e-6)
    let singular = try Tensor.full([2, 2], 1)
    #expect(throws: TorchError.self) {
      let both = try Tensor.full([2, 1], 1, dtype: .bool)
      _ = try PrincipalSystems(singular).solved(.full([2, 1], 1), where: both)
    }
  }
}
