import BillhookCore
import Testing

/// The norm's gradients against those that libtorch takes of the formula, step by step.
@Suite struct RMSNormTests {
  private static let epsilon = 1e-5

  /// Equation 4 of its source, from single operations.
  private func formula(_ states: Tensor, _ weight: Tensor) throws -> Tensor {
    let mean = try (states * states).mean([-1]).unsqueezed(states.shape.count - 1)
    return try states * (mean + Self.epsilon).pow(-0.5) * weight
  }

  private func gradients(
    _ values: [Tensor],
    of tracked: [Int],
    upstream: Tensor,
    _ norm: (Tensor, Tensor) throws -> Tensor
  ) throws -> [Tensor] {
    let operands = try values.enumerated().map { tracked.contains($0) ? try $1.tracked() : $1 }
    let output = try withGradients { try norm(operands[0], operands[1]) }
    return try output.gradients(of: tracked.map { operands[$0] }, upstream: upstream)
  }

  @Test(arguments: [[0], [1], [0, 1]], [[6, 24], [2, 3, 4, 24]])
  func gradientsAreThoseOfTheFormula(tracked: [Int], shape: [Int]) throws {
    let generator = try Generator(seed: 11)
    let values = [
      try generator.normal(shape).to(.float64), try generator.normal([24]).to(.float64),
    ]
    let upstream = try generator.normal(shape).to(.float64)
    let expected = try gradients(values, of: tracked, upstream: upstream, formula)
    for (dtype, tolerance) in [(DType.float64, 1e-12), (.float32, 2e-6), (.bfloat16, 2e-2)] {
      let found = try gradients(
        values.map { try $0.to(dtype) },
        of: tracked,
        upstream: upstream.to(dtype)
      ) { try $0.rmsNorm($1, epsilon: Self.epsilon) }
      for (one, other) in zip(found, expected) {
        #expect(one.dtype == dtype && one.shape == other.shape)
        let difference = try (one.to(.float64) - other).abs().max().scalar()
        #expect(difference <= tolerance * (try other.abs().max().scalar()))
      }
    }
  }

  @Test func gradientsByHand() throws {
    // x = (3, 4), w = (1, 2), dy = (1, 1): r² = 1 / 12.5, the mean of w·dy·x is 5.5, so
    // dx = r · ((1, 2) - (3, 4) · 5.5 / 12.5) and dw = x · r.
    let root = 12.5.squareRoot()
    let found = try gradients(
      [Tensor([3, 4] as [Float], shape: [1, 2]), Tensor([1, 2] as [Float])],
      of: [0, 1],
      upstream: Tensor([1, 1] as [Float], shape: [1, 2])
    ) { try $0.rmsNorm($1, epsilon: 0) }
    let expected = [[-0.32 / root, 0.24 / root], [3 / root, 4 / root]]
    for (one, other) in zip(found, expected) {
      for (a, b) in zip(try one.doubles(), other) { #expect(abs(a - b) < 1e-6) }
    }
  }
}
