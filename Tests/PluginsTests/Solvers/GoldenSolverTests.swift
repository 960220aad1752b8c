import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// What solvers make of a small layer beside the same formulas in NumPy, in f64.
///
/// Made by Scripts/golden_solvers.py. Masks are equal to the bit; weights to 10⁻⁴ of the largest, in
/// f32 and in f64. The fixture has six digits.
@Suite struct GoldenSolverTests {
  private struct Golden: Decodable {
    struct Solved: Decodable {
      let weights: [Double]
      let mask: String
    }

    let scores: [String: [Double]]
    let sparsegpt: Solved
    let sparsegpt_slab: Solved
    let sparsegpt_pattern: Solved
    let mrp: Solved
    let mrp_slab: Solved
    let mrp_pattern: Solved
    let mrp_rows: Solved
    let mrp_columns: Solved
    let admm: Solved
  }

  private let golden: Golden
  private let rows = 12
  private let width = 48
  private let slab = 16

  init() throws {
    let data = try Data(contentsOf: URL(filePath: Fixture.path("solvers.json")))
    golden = try JSONDecoder().decode(Golden.self, from: data)
  }

  /// The layer, of whole numbers that f32 holds.
  private func layer(_ dtype: DType) throws -> SolverLayer {
    func bits(_ seed: UInt64, _ count: Int) -> [UInt64] {
      var random = SplitMix64(seed: seed)
      return (0..<count).map { _ in random.next() }
    }
    let own = try Tensor(bits(1, 400 * width).map { Double($0 >> 60) - 8 }, shape: [400, width])
    let mix = bits(2, width * width).enumerated().map { place, bits in
      let own: Double = place / width == place % width ? 2 : 0
      let drawn: UInt64 = bits >> 60
      let other: Double = drawn == 0 ? 1 : drawn == 1 ? -1 : 0
      return own + other
    }
    // The input 5 is dead.
    let scales = try Tensor(
      (0..<width).map { input -> Double in
        let scale: Int = 1 << (input % 3)
        return input == 5 ? 0 : Double(scale)
      }
    )
    let weights = bits(3, rows * width).map { (Double($0 >> 48) - 32768) / 8192 }
    return try SolverLayer(
      weight: Tensor(weights, shape: [rows, width]).to(dtype),
      inputs: (own.matmul(Tensor(mix, shape: [width, width])) * scales).to(dtype)
    )
  }

  private func mask(_ solved: Golden.Solved) throws -> Tensor {
    let flags = solved.mask.flatMap { digit in
      let value = digit.hexDigitValue ?? 0
      return (0..<4).map { value >> (3 - $0) & 1 }
    }
    return try Tensor(flags, shape: [rows, width]) .== 1
  }

  /// Compares what a repair makes of the layer, in both types.
  private func check(
    _ solved: Golden.Solved,
    _ repair: some Repair,
    step: Int? = nil,
    choosing choose: ((SolverLayer, Range<Int>, Tensor, Int) throws -> Tensor)? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    for dtype in [DType.float32, .float64] {
      let layer = try layer(dtype)
      let expected = try mask(solved)
      var chosen: [Tensor] = []
      let cut = ProjectionCut(id: layer.id, weight: layer.weight, step: step ?? width) {
        columns,
        current,
        settled in
        let own = try choose?(layer, columns, current, settled)
        let mask = try own ?? expected.narrowed(1, to: columns)
        chosen.append(mask)
        return mask
      }
      let new = try #require(repair.repaired(cut, layer.statistics).weight)
      let found = try Tensor.joined(chosen, along: 1)
      let isSame = try found.equals(expected)
      #expect(isSame, "\(dtype)", sourceLocation: location)
      let masked = try found.choosing(new, else: .zeros([], dtype: dtype)).doubles()
      #expect(
        differenceToScale(masked, solved.weights) < 1e-4,
        "\(dtype)",
        sourceLocation: location
      )
    }
  }

  private func obs(_ settled: OptimalBrainSurgeon.Settled) -> OptimalBrainSurgeon {
    var criterion = OptimalBrainSurgeon()
    criterion.settled = settled
    return criterion
  }

  /// The lower half of each row goes.
  private func lowest(
    _ settled: OptimalBrainSurgeon.Settled
  ) -> (SolverLayer, Range<Int>, Tensor, Int) throws -> Tensor {
    { layer, columns, current, first in
      let values = try obs(settled).saliency(
        of: current,
        layer.id,
        from: columns.lowerBound,
        settled: first,
        layer.statistics
      )
      return try SolverLayer.mask(of: values, keeping: 0.5)
    }
  }

  @Test func scores() throws {
    for settled in OptimalBrainSurgeon.Settled.allCases {
      for dtype in [DType.float32, .float64] {
        let layer = try layer(dtype)
        let columns = try layer.weight.narrowed(1, to: slab..<2 * slab)
        let found = try obs(settled)
          .saliency(of: columns, layer.id, from: slab, settled: slab, layer.statistics)
          .doubles()
        let expected = try #require(golden.scores[settled.rawValue])
        #expect(differenceToScale(found, expected) < 1e-4)
      }
    }
  }

  @Test func sparseGPT() throws {
    var repair = SparseGPT()
    repair.width = slab
    try check(golden.sparsegpt, repair)
    try check(golden.sparsegpt_slab, repair, step: slab, choosing: lowest(.column))
    try check(golden.sparsegpt_pattern, repair, step: 4, choosing: lowest(.column))
  }

  @Test func multipleRemoval() throws {
    var repair = MultipleRemoval()
    repair.width = .columns(slab)
    try check(golden.mrp, repair, step: slab)
    try check(golden.mrp_slab, repair, step: slab, choosing: lowest(.slab))
    let pairs = (0..<4).flatMap { one in (one + 1..<4).map { [one, $0] } }
    let table =
      try Tensor(pairs.flatMap { pair in (0..<4).map { pair.contains($0) ? 0 : 1 } })
      .reshaped([6, 4]) .== 1
    try check(golden.mrp_pattern, repair, step: 4) { layer, columns, current, settled in
      var criterion = obs(.slab)
      criterion.joint = true
      let losses = try criterion.losses(
        of: current,
        layer.id,
        from: columns.lowerBound,
        settled: settled,
        removing: pairs,
        layer.statistics
      )
      return try table.selecting(0, #require(losses).smallest(1, along: 1).position)
    }
    repair.width = .none
    try check(golden.mrp_rows, repair)
    try check(golden.mrp_columns, repair)
  }

  @Test func alternatingDirections() throws { try check(golden.admm, AlternatingDirections()) }
}
