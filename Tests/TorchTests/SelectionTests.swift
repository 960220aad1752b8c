import BillhookCore
import Testing

@Suite struct SelectionTests {
  private func truths(_ tensor: Tensor) throws -> [Bool] {
    #expect(tensor.dtype == .bool)
    return try tensor.integers().map { $0 == 1 }
  }

  @Test func comparisonsByHand() throws {
    let a = try Tensor([1, 2, .nan] as [Float])
    let b = try Tensor([2, 2, 2] as [Float])
    #expect(try truths(a .< b) == [true, false, false])
    #expect(try truths(a .<= b) == [true, true, false])
    #expect(try truths(a .== b) == [false, true, false])
    #expect(try truths(a .< 2) == [true, false, false])
    #expect(try truths(a .<= 2) == [true, true, false])
    #expect(try truths(a .== 2) == [false, true, false])
    #expect(try truths((a .< b) .| (a .== b)) == [true, true, false])
    #expect(try truths((a .<= b) .& (a .== b)) == [false, true, false])
    #expect(try truths(.!(a .<= b)) == [false, false, true])
    let error = #expect(throws: TorchError.self) { try a .< Tensor.zeros([2]) }
    #expect(error?.operands == ["float32 [3]", "float32 [2]"])
  }

  @Test func whatIsNotChosenLeavesNoTrace() throws {
    // A product with 0 would give -0 and NaN.
    let weights = try Tensor([-1.5, .infinity, 3] as [Float])
    let kept = try Tensor([0, 0, 1] as [Float]) .== 1
    let chosen = try kept.choosing(weights, else: Tensor.zeros([]))
    #expect(try chosen.hasSameBytes(as: Tensor([0, 0, 3] as [Float])))
  }

  @Test func equalElementsKeepTheirOrder() throws {
    let rows = try Tensor([3, 1, 3, 1, 2, 0, 2, 2] as [Float], shape: [2, 4])
    let up = try rows.sorted()
    #expect(try up.values.floats() == [1, 1, 3, 3, 0, 2, 2, 2])
    #expect(try up.positions.integers() == [1, 3, 0, 2, 1, 0, 2, 3])
    let down = try rows.sorted(descending: true)
    #expect(try down.positions.integers() == [0, 2, 1, 3, 0, 2, 3, 1])
    #expect(try rows.sorted(0).values.floats() == [2, 0, 2, 1, 3, 1, 3, 2])
  }

  @Test func theKthCountsFromOne() throws {
    let rows = try Tensor([3, 1, 2, 9, 8, 7] as [Float], shape: [2, 3])
    let (value, position) = try rows.smallest(2)
    #expect(try value.floats() == [2, 8])
    #expect(try position.integers() == [2, 1])
    #expect(throws: TorchError.self) { try rows.smallest(0) }
    #expect(throws: TorchError.self) { try rows.smallest(4) }
  }

  @Test func whatIsGatheredIsScatteredBack() throws {
    let rows = try Tensor([3, 1, 2, 9, 8, 7] as [Float], shape: [2, 3])
    let positions = try Tensor([2, 0, 1, 1], shape: [2, 2])
    let found = try rows.gathering(1, positions)
    #expect(try found.floats() == [2, 3, 8, 8])
    let back = try Tensor.zeros([2, 3]).scattering(1, positions, from: found)
    #expect(try back.floats() == [3, 0, 2, 0, 8, 0])
    #expect(throws: TorchError.self) { try rows.gathering(1, Tensor([3], shape: [1, 1])) }
    let sorted = try rows.sorted()
    #expect(
      try Tensor.zeros([2, 3]).scattering(1, sorted.positions, from: sorted.values).floats()
        == rows.floats()
    )
  }

  @Test(arguments: [0, 1, 7, 8, 9, 16, 1001])
  func bitsComeBack(columns: Int) throws {
    let mask = try Generator(seed: 7).integers(in: 0..<2, [3, columns]) .== 1
    let bits = try mask.packedBits()
    #expect(bits.dtype == .uint8 && bits.shape == [3, (columns + 7) / 8])
    #expect(try bits.unpackedBits(columns: columns).hasSameBytes(as: mask))
  }

  @Test func bitsByHand() throws {
    let mask = try Tensor([1, 0, 0, 0, 0, 0, 0, 1, 0, 1]) .== 1
    #expect(try mask.packedBits().integers() == [129, 2])
    let error = #expect(throws: TorchError.self) { try Tensor.zeros([8]).packedBits() }
    #expect(error?.operands == ["float32 [8]"])
    #expect(throws: TorchError.self) { try mask.packedBits().unpackedBits(columns: 17) }
    #expect(throws: TorchError.self) { try mask.packedBits().unpackedBits(columns: -1) }
  }
}
