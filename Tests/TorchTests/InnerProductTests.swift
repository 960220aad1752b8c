import BillhookCore
import Testing

/// Products and their gradients against those of `linear`, which is libtorch's own.
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

  /// Of all that is tracked, and of nothing else.
  @Test(arguments: [DType.float32, .bfloat16], [[7, 48], [2, 3, 48]])
  func gradientsAreThoseOfLinear(dtype: DType, shape: [Int]) throws {
    let values = [
      try numbers(shape, dtype), try numbers([80, 48], dtype, seed: 2),
      try numbers([80], dtype, seed: 3),
    ]
    let upstream = try numbers(shape.dropLast() + [80], dtype, seed: 4)
    for tracked in [[0], [1], [2], [0, 1], [0, 1, 2]] {
      func gradients(_ product: ([Tensor]) throws -> Tensor) throws -> [Tensor] {
        let operands = try values.enumerated().map {
          tracked.contains($0) ? try $1.tracked() : $1
        }
        let output = try withGradients { try product(operands) }
        return try output.gradients(of: tracked.map { operands[$0] }, upstream: upstream)
      }
      let found = try gradients { try $0[0].innerProduct($0[1], bias: $0[2]) }
      let expected = try gradients { try $0[0].linear($0[1], bias: $0[2]) }
      for (one, other) in zip(found, expected) {
        #expect(try isEqual(one, other, within: dtype == .float32 ? 1e-6 : 1e-2))
      }
    }
  }

  /// Thin matrices have their gradients made in another way.
  @Test(arguments: [(8, 200), (200, 8), (32, 33), (33, 32), (1, 1)])
  func gradientsOfThinMatrices(rows: Int, columns: Int) throws {
    let weight = try numbers([rows, columns], .float32).tracked()
    let input = try numbers([2, 30, columns], .float32, seed: 2)
    let upstream = try numbers([2, 30, rows], .float32, seed: 3)
    let found = try withGradients { try input.innerProduct(weight) }
      .gradients(of: [weight], upstream: upstream)[0]
    let expected = try withGradients { try input.linear(weight) }
      .gradients(of: [weight], upstream: upstream)[0]
    #expect(try isEqual(found, expected, within: 2e-6))
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
