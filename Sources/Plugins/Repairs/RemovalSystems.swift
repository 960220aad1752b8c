import BillhookCore

/// Equations G_PP · z = w_P for the elements P that go of each row w of a projection.
///
/// Everything is transposed, so that a row of a projection is a column here, and z is 0 for elements
/// that stay. Rows that lose different numbers of elements are solved together: the smaller systems
/// are filled up with ones on the diagonal.
struct RemovalSystems {
  /// G: symmetric and positive definite, `[columns, columns]`.
  private let matrix: Tensor
  /// The bytes that the systems of some rows may take; larger ones are solved one by one.
  private static let bytes = 64 << 20

  init(_ matrix: Tensor) { self.matrix = matrix }

  /// z for rows that lose elements of their own.
  ///
  /// - Parameters:
  ///   - weights: The rows: `[columns, rows]`.
  ///   - stays: What stays of them, in bool: `[columns, rows]`.
  /// - Returns: z: `[columns, rows]`.
  /// - Throws: `TorchError` where G_PP is not positive definite.
  func solved(_ weights: Tensor, where stays: Tensor) throws -> Tensor {
    let (columns, rows) = (weights.shape[0], weights.shape[1])
    // What goes comes first.
    let order = try stays.to(.uint8).sorted(0).positions
    let counts = try (.!stays).to(.int64).sum([0])
    let most = Int(try counts.max().scalar())
    let result = try Tensor.zeros(weights.shape, dtype: weights.dtype, device: weights.device)
    guard most > 0 else { return result }
    let chunk = max(1, Self.bytes / (most * (most + columns) * (8 + weights.dtype.byteCount)))
    for start in stride(from: 0, to: rows, by: chunk) {
      let range = start..<min(start + chunk, rows)
      let count = try counts.narrowed(0, to: range)
      let most = Int(try count.max().scalar())
      guard most > 0 else { continue }
      let places = try order.narrowed(1, to: range).narrowed(0, to: 0..<most)
      let goes =
        try Tensor.arange(to: Double(most), dtype: .int64, device: weights.device)
        .unsqueezed(1) .< count.unsqueezed(0)
      let own = try weights.narrowed(1, to: range)
      let solved = try solved(own.gathering(0, places), places, goes)
      try result.narrowed(1, to: range).copy(
        from: .zeros([columns, range.count], dtype: weights.dtype, device: weights.device)
          .scattering(0, places, from: solved)
      )
    }
    return result
  }

  /// z for rows that all lose the same elements.
  ///
  /// - Parameters:
  ///   - weights: The rows: `[columns, rows]`.
  ///   - stays: What stays of each: `[columns, rows]` in bool, with equal columns.
  /// - Returns: z: `[columns, rows]`.
  /// - Throws: `TorchError` where G_PP is not positive definite.
  func solved(_ weights: Tensor, whereRows stays: Tensor) throws -> Tensor {
    let flags = try stays.narrowed(1, to: 0..<1).reshaped([-1]).to(.int64).integers()
    let result = try Tensor.zeros(weights.shape, dtype: weights.dtype, device: weights.device)
    let gone = flags.indices.filter { flags[$0] == 0 }
    guard !gone.isEmpty else { return result }
    let places = try Tensor(gone).to(device: weights.device)
    let inner = try matrix.selecting(0, places).selecting(1, places)
    try result.add(Self.solved(inner, weights.selecting(0, places)), toRows: places)
    return result
  }

  /// z for the elements at some places of each row, `[places, rows]`, 0 where they do not go.
  private func solved(_ weights: Tensor, _ places: Tensor, _ goes: Tensor) throws -> Tensor {
    let (count, rows) = (places.shape[0], places.shape[1])
    let zero = try Tensor.zeros([], dtype: weights.dtype, device: weights.device)
    let unit = try Tensor.full([count, count], 1, dtype: weights.dtype, device: weights.device)
      .lowerTriangle(upTo: 0).upperTriangle(from: 0)
    let (places, goes) = (try places.transposed(0, 1), try goes.transposed(0, 1))
    // Rows are copied as a whole, which is far faster than element by element.
    let wide = try matrix.selecting(0, places.reshaped([-1])).reshaped([rows, count, -1])
    let columns =
      try places.unsqueezed(1) + .zeros([1, count, 1], dtype: .int64, device: places.device)
    let both = try goes.unsqueezed(2) .& goes.unsqueezed(1)
    let systems = try both.choosing(wide.gathering(2, columns), else: unit)
    let right = try goes.choosing(weights.transposed(0, 1), else: zero).unsqueezed(2)
    return try Self.solved(systems, right).reshaped([rows, count]).transposed(0, 1)
  }

  /// X with A·X = B for symmetric, positive definite A; in f64 where f32 does not do.
  private static func solved(_ a: Tensor, _ b: Tensor) throws(TorchError) -> Tensor {
    do {
      let factor = try a.cholesky(.lower)
      let half = try factor.solveTriangular(.lower, b)
      return try factor.transposed(-2, -1).solveTriangular(.upper, half)
    } catch  where error.operation == "linalg_cholesky" && a.dtype == .float32 {
      return try solved(a.to(.float64), b.to(.float64)).to(.float32)
    }
  }
}
