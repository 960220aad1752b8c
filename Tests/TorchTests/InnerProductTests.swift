import BillhookTorch
import Testing

/// The products without gradients against `linear`, which is libtorch's own.
@Suite struct InnerProductTests {
  private func numbers(_ shape: [Int], _ dtype: DType, seed: UInt64 = 1) throws -> Tensor {
    try Generator(seed: seed).normal(shape).to(dtype)
  }

  /// f32 may be summed up in another order; of bf16 both round the same sum.
  private func isEqual(_ found: Tensor, _ expected: Tensor, within tolerance: Double) throws -> Bool
  {
    let difference = try (found.to(.float32) - expected.to(.float32)).abs().max().scalar()
    let scale = try expected.to(.float32).abs().max().scalar()
    return found.shape == expected.shape && found.dtype == expected.dtype
      && difference <= tolerance * scale
  }

  @Test(
    arguments: [DType.float32, .bfloat16, .float16, .float64],
    [[1, 48], [7, 48], [2, 3, 48]]
  )
  func givesWhatLinearGives(dtype: DType, shape: [Int]) throws {
    let input = try numbers(shape, dtype)
    let weight = try numbers([80, 48], dtype, seed: 2)
    let bias = try numbers([80], dtype, seed: 3)
    let tolerance = dtype == .float32 || dtype == .float64 ? 1e-6 : 1e-2
    for matrix in [weight, try weight.packed()] {
      #expect(try isEqual(input.innerProduct(matrix), input.linear(weight), within: tolerance))
      let shifted = try input.innerProduct(matrix, bias: bias)
      #expect(try isEqual(shifted, input.linear(weight, bias: bias), within: tolerance))
    }
  }

  @Test func takesViews() throws {
    let weight = try numbers([48, 100], .float32)
    let input = try numbers([3, 2, 60], .float32).transposed(0, 1)
    for part in [
      try weight.narrowed(1, to: 20..<80), try weight.transposed(0, 1).narrowed(1, to: 0..<48),
    ] {
      let own = try input.narrowed(2, to: 0..<part.shape[1])
      #expect(try isEqual(own.innerProduct(part), own.linear(part), within: 1e-6))
    }
  }

  @Test func aPackedCopyKeepsShapeAndType() throws {
    let weight = try numbers([80, 48], .bfloat16)
    let packed = try weight.packed()
    #expect(packed.shape == [80, 48])
    #expect(packed.dtype == .bfloat16)
    #expect(packed.isPacked == weight.isPackable)
    #expect(!packed.isPackable)
    #expect(try !numbers([80, 48], .float32).isPackable)
    #expect(try !numbers([80, 48], .float32).packed().isPacked)
  }

  @Test func shapesThatDoNotFitAreNamed() throws {
    for dtype in [DType.float32, .bfloat16] {
      let input = try numbers([2, 40], dtype)
      let weight = try numbers([80, 48], dtype).packed()
      let error = #expect(throws: TorchError.self) { try input.innerProduct(weight) }
      #expect(error?.operation == "linear")
      #expect(error?.operands == ["\(dtype) [2, 40]", "\(dtype) [80, 48]"])
    }
  }
}
