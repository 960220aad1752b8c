import BillhookTorch

/// Cholesky factors of inverses.
enum InverseFactor {
  /// The operation whose error says that there is no factor.
  static let operation = "linalg_cholesky"

  /// The upper triangular factor of an inverse.
  ///
  /// With rows and columns of H in reverse order, and L its lower factor, H⁻¹ = UᵀU for the U that
  /// L⁻¹ becomes in reverse order. So H is factored once, and its inverse never made: at 4,096
  /// inputs twice as fast as by the inverse, and as exact.
  ///
  /// - Parameters:
  ///   - strips: The upper triangle of H without what is added; see `InputProducts`.
  ///   - added: What is added to the diagonal: `[in]`.
  /// - Returns: U with UᵀU = H⁻¹: `[in, in]`.
  /// - Throws: `TorchError` from `operation` for a matrix that is not positive definite.
  static func upper(of strips: [Tensor], adding added: Tensor) throws -> Tensor {
    let (width, device) = (added.shape[0], added.device)
    let factor = try reversed(strips, adding: added).cholesky(.lower)
    let inverse = try Tensor.zeros([width, width], dtype: added.dtype, device: device)
    for columns in InputProducts.rows(of: width) {
      // Below the diagonal of these columns L⁻¹ depends on the lower right of L alone.
      let rest = columns.lowerBound..<width
      let corner = try factor.narrowed(0, to: rest).narrowed(1, to: rest)
      let unit = try identity(rows: rest.count, columns: columns.count, like: added)
      let (rows, places) = (0..<rest.count, width - columns.upperBound..<rest.count)
      try inverse.narrowed(0, to: rows).narrowed(1, to: places)
        .copy(from: corner.solveTriangular(.lower, unit).reversed())
    }
    return inverse
  }

  /// H with rows and columns in reverse order, without what lies above the diagonal.
  private static func reversed(_ strips: [Tensor], adding added: Tensor) throws -> Tensor {
    let (width, device) = (added.shape[0], added.device)
    let matrix = try Tensor.zeros([width, width], dtype: added.dtype, device: device)
    for (rows, strip) in zip(InputProducts.rows(of: width), strips) {
      let places = width - rows.upperBound..<width - rows.lowerBound
      try matrix.narrowed(0, to: places).narrowed(1, to: 0..<width - rows.lowerBound)
        .copy(from: strip.reversed())
    }
    let diagonal = try Tensor.arange(
      to: Double(width * width),
      by: Double(width + 1),
      dtype: .int64,
      device: device
    )
    try matrix.reshaped([-1]).add(added.selecting(0, places(width, device)), toRows: diagonal)
    return matrix
  }

  private static func identity(rows: Int, columns: Int, like other: Tensor) throws -> Tensor {
    let matrix = try Tensor.full([rows, columns], 1, dtype: other.dtype, device: other.device)
    return try matrix.lowerTriangle(upTo: 0).upperTriangle(from: 0)
  }

  /// The places of a dimension from the last to the first.
  fileprivate static func places(_ extent: Int, _ device: Device) throws -> Tensor {
    try Tensor.arange(from: Double(extent - 1), to: -1, by: -1, dtype: .int64, device: device)
  }
}

extension Tensor {
  /// The matrix with rows and columns in reverse order.
  fileprivate func reversed() throws -> Tensor {
    try selecting(0, InverseFactor.places(shape[0], device))
      .selecting(1, InverseFactor.places(shape[1], device))
  }
}
