public import BillhookTorch

/// The upper triangle of XᵀX for the inputs X of a projection, `[tokens, in]`, in strips of rows.
///
/// A strip begins at the diagonal, so that the strips together take half of the matrix. Those of
/// one batch are f32, those of several f64.
public struct InputProducts: TensorBundle {
  /// The rows of a strip, but the last.
  static let height = 512

  /// The number of tokens.
  public let count: Int
  /// The strips: that of the rows from r on has the shape `[height, in - r]`.
  let strips: [Tensor]

  /// Products that are known.
  init(count: Int, strips: [Tensor]) {
    self.count = count
    self.strips = strips
  }

  /// The products of inputs `[windows, tokens, in]`, or `[tokens, in]`, in f32.
  init(of inputs: Tensor) throws {
    let width = inputs.shape[inputs.shape.count - 1]
    let rows = try inputs.to(inputs.dtype == .float64 ? .float64 : .float32).reshaped([-1, width])
    count = rows.shape[0]
    strips = try Self.rows(of: width).map { strip in
      try rows.narrowed(1, to: strip).transposed(0, 1)
        .matmul(rows.narrowed(1, to: strip.lowerBound..<width))
    }
  }

  /// The rows of each strip of a matrix.
  static func rows(of width: Int) -> [Range<Int>] {
    stride(from: 0, to: width, by: height).map { $0..<min($0 + height, width) }
  }

  /// The number of tokens, and the strips by their numbers.
  public var tensors: [String: Tensor] {
    get throws {
      var all = ["count": try Tensor([count])]
      for (index, strip) in strips.enumerated() { all["\(index)"] = strip }
      return all
    }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    count = try tensors.integer("count")
    strips = try (0..<tensors.count - 1).map { try tensors.require("\($0)") }
    var width = strips.first?.shape.last ?? 0
    for (index, strip) in strips.enumerated() {
      let expected = [min(Self.height, width), width]
      guard strip.shape == expected else {
        throw BundleError("expected a strip \(index) of \(expected), found \(strip.shape)")
      }
      width -= Self.height
    }
  }

  /// The products over the tokens of both, added in place in f64.
  func joined(with other: InputProducts) throws -> InputProducts {
    let sums = try zip(strips, other.strips).map { one, other in
      let (sum, addend) = one.dtype == .float64 ? (one, other) : (other, one)
      let wide = try sum.to(.float64)
      try wide.add(addend)
      return wide
    }
    return InputProducts(count: count + other.count, strips: sums)
  }
}
