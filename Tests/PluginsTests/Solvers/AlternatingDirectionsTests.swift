import BillhookCore
@testable import BillhookPlugins
import Testing

/// Step by step to the least-squares fit.
@Suite struct AlternatingDirectionsTests {
  private func steps(_ iterations: Int, rho: Double = 1) -> AlternatingDirections {
    var repair = AlternatingDirections()
    (repair.rho, repair.iterations) = (rho, iterations)
    return repair
  }

  @Test func itComesNearTheLeastSquaresFit() throws {
    let layer = try SolverLayer()
    let mask = try layer.mask()
    let fitted = try layer.error(of: layer.leastSquares(mask))
    let plain = try layer.error(of: layer.masked(mask))
    let errors = try [3, 30, 300].map { try layer.error(of: layer.repaired(steps($0), mask)) }
    #expect(errors[0] < plain && errors[1] < errors[0])
    #expect(errors[1] < 1.01 * fitted, "\(errors) \(fitted) \(plain)")
    #expect(errors[2] < (1 + 1e-9) * fitted)
    var removal = MultipleRemoval()
    (removal.width, removal.damping) = (.none, 0)
    let exact = try layer.repaired(removal, mask)
    #expect(try difference(layer.repaired(steps(300), mask), exact) < 1e-6)
  }

  /// Ten times as much hold is slower.
  @Test func aLargeRhoIsSlower() throws {
    let layer = try SolverLayer()
    let mask = try layer.mask()
    let (one, ten) = (
      try layer.repaired(steps(30), mask), try layer.repaired(steps(30, rho: 10), mask)
    )
    #expect(try layer.error(of: one) < layer.error(of: ten))
  }

  /// rho is relative to each input's squares, so an input in other units changes nothing.
  @Test func inputsInOtherUnitsGiveTheSame() throws {
    let layer = try SolverLayer()
    let mask = try layer.mask()
    let units = try Tensor((0..<64).map { Double(1 + $0 % 7) })
    let other = try SolverLayer(weight: layer.weight / units, inputs: layer.inputs * units)
    let found = try other.repaired(steps(5), mask) * units
    #expect(try difference(found, layer.repaired(steps(5), mask)) < 1e-11)
  }

  @Test func wholeColumnsComeNearTheFitToo() throws {
    let layer = try SolverLayer()
    let gone = [5, 6, 7, 40]
    let cut = ProjectionCut(id: layer.id, weight: layer.weight, columns: gone)
    let new = try #require(steps(300).repaired(cut, layer.statistics).weight)
    let flags = (0..<24 * 64).map { gone.contains($0 % 64) ? 0 : 1 }
    let mask = try Tensor(flags, shape: [24, 64]) .== 1
    let fitted = try layer.error(of: layer.leastSquares(mask))
    let found = try layer.error(of: new)
    #expect(found < (1 + 1e-4) * fitted, "\(found) \(fitted)")
  }

  /// Zeros that a mask holds are part of the fit of what stays of a sparse projection.
  @Test func columnsOfASparseProjectionGoToo() throws {
    let layer = try SolverLayer()
    let held = try layer.mask()
    let sparse = try SolverLayer(weight: layer.masked(held), inputs: layer.inputs)
    let gone = [5, 6, 7, 40]
    let flags = (0..<24 * 64).map { gone.contains($0 % 64) ? 0 : 1 }
    let mask = try (Tensor(flags, shape: [24, 64]) .== 1) .& held
    let cut = ProjectionCut(id: sparse.id, weight: sparse.weight, columns: gone, mask: held)
    let fitted = try sparse.error(of: sparse.leastSquares(mask))
    var removal = MultipleRemoval()
    removal.width = SlabWidth.none
    removal.damping = 0
    for repair in [removal, steps(300)] as [any Repair] {
      let new = try #require(repair.repaired(cut, sparse.statistics).weight)
      let found = try sparse.error(of: new)
      #expect(found < (1 + 1e-4) * fitted, "\(type(of: repair).name) \(found) \(fitted)")
      #expect(try new.hasSameBytes(as: mask.choosing(new, else: .zeros([], dtype: new.dtype))))
    }
    #expect(try sparse.error(of: sparse.masked(mask)) > 1.05 * fitted)
  }
}
