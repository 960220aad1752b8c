@testable import BillhookCore
import Testing

/// Grids of codes, computed by hand.
@Suite struct QuantisationGridTests {
  private func grid(
    _ values: [Float],
    symmetric: Bool,
    _ dtype: DType = .float32
  ) throws -> (grid: QuantisationGrid, columns: Tensor) {
    let columns = try Tensor(values, shape: [values.count, 1])
    let scheme = QuantisationScheme(bits: 4, group: nil, isSymmetric: symmetric)
    return (try QuantisationGrid(of: columns, scheme, dtype), columns)
  }

  /// Zero is in the middle, and the largest number becomes half a step less.
  @Test func symmetric() throws {
    let (grid, columns) = try grid([-7.5, 0, 0.4, 0.5, 1.5, 7.5], symmetric: true)
    #expect(try grid.scale.doubles() == [1])
    #expect(try grid.zero.doubles() == [8])
    // Halves go to the even one, and codes end at 15.
    #expect(try grid.codes(of: columns).doubles() == [0, 8, 8, 8, 10, 15])
    #expect(try grid.nearest(columns).doubles() == [-8, 0, 0, 0, 2, 7])
  }

  /// One sign only: all codes on one side are for it, and 0 is one of them.
  @Test func symmetricOfOneSign() throws {
    let (grid, columns) = try grid([0, 3, 7.5], symmetric: true)
    #expect(try grid.scale.doubles() == [1])
    #expect(try grid.codes(of: columns).doubles() == [8, 11, 15])
  }

  @Test func asymmetric() throws {
    let (grid, columns) = try grid([-5, 0, 10], symmetric: false)
    #expect(try grid.scale.doubles() == [1])
    #expect(try grid.zero.doubles() == [5])
    #expect(try grid.codes(of: columns).doubles() == [0, 5, 15])
    let (positive, _) = try self.grid([1, 15], symmetric: false)
    #expect(try positive.zero.doubles() == [0])
  }

  /// Nothing but zeros has a scale as well, and so have numbers too small for one: the smallest of f16.
  @Test(arguments: [true, false], [DType.float32, .bfloat16, .float16])
  func zerosStay(symmetric: Bool, dtype: DType) throws {
    for values in [[0, 0], [1e-9, -1e-9]] as [[Float]] {
      let (grid, columns) = try grid(values, symmetric: symmetric, dtype)
      #expect(try grid.scale.doubles() == [0x1p-24])
      #expect(try grid.nearest(columns).doubles() == [0, 0])
    }
    // A scale of 2 · 3 / 15 of the smallest rounds to 0.
    let (grid, columns) = try grid([0x3p-24, -0x1p-24, 0], symmetric: true, dtype)
    #expect(try grid.scale.doubles() == [0x1p-24])
    #expect(try grid.nearest(columns).doubles() == [0x3p-24, -0x1p-24, 0])
  }

  /// Half a step beyond the largest code is where the grid ends by itself; more is counted.
  @Test func numbersBeyondAllCodesAreCounted() throws {
    let (grid, _) = try grid([-7.5, 7.5], symmetric: true)
    let columns = try Tensor([7.5, 8, 8.25, -9, -9.5, .nan, .infinity, 0], shape: [8, 1])
    let nearest = try grid.nearest(columns)
    #expect(try grid.countBeyond(columns, nearest: nearest).scalar() == 4)
    let few = try columns .< 0
    #expect(try grid.countBeyond(columns, nearest: nearest, among: few).scalar() == 1)
  }

  /// The scale of a bf16 model is the same number in bf16 and in f16.
  @Test func scalesAreRoundedAsTheyAreStored() throws {
    let (grid, _) = try grid([-1.2345, 1.1], symmetric: true, .bfloat16)
    let scale = grid.scale
    #expect(try scale.to(.bfloat16).to(.float32).hasSameBytes(as: scale))
    #expect(try scale.to(.float16).to(.float32).hasSameBytes(as: scale))
    #expect(try abs(scale.scalar() - 2.469 / 15) < 0.001)
  }

  @Test func numbersBeyondFloat16AreRefused() throws {
    let columns = try Tensor([1e7, -1] as [Float], shape: [2, 1])
    let projection = UnquantisedProjection(
      id: WeightID(.up, block: 3),
      weight: try columns.transposed(0, 1),
      scheme: QuantisationScheme(bits: 4, group: nil, isSymmetric: true),
      dtype: .float32
    )
    let error = #expect(throws: DataError.self) { try projection.grid(of: columns) }
    #expect(error?.description.hasPrefix("block 3 up: holds numbers up to") == true)
    #expect(error?.description.hasSuffix("leave up out of `targets`, or `keep [3]`") == true)
  }

  /// Products of inputs by their sums of squares are those of the inputs in that order.
  @Test func inputsInOrder() throws {
    let inputs = try Generator(seed: 4).normal([1, 30, 600])
    let scales = try Tensor((0..<600).map { Float(1 + $0 * 7 % 600) })
    let scaled = try inputs * scales
    let gram = try Gram(InputProducts(of: scaled))
    let (order, sorted) = try gram.byDescendingSquares()
    let expected = try Gram(InputProducts(of: scaled.selecting(2, order)))
    #expect(try sorted.diagonal.hasSameBytes(as: gram.diagonal.selecting(0, order)))
    let squares = try sorted.diagonal.doubles()
    #expect(zip(squares, squares.dropFirst()).allSatisfy { $0 >= $1 })
    let (one, other) = try (
      sorted.inverseFactor(.mean(0.1)), expected.inverseFactor(.mean(0.1))
    )
    #expect(try ((one - other).abs().max().scalar()) < 1e-4 * other.abs().max().scalar())
  }
}
