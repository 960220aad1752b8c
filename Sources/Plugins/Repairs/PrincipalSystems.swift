import BillhookCore

/// Equations A_CC · z = b_C for the elements C that are chosen of each column b: A_CC is a principal
/// submatrix of A.
///
/// z is 0 for elements that are not chosen. Columns of which different numbers of elements are chosen are
/// solved together: the smaller systems are filled up with ones on the diagonal.
struct PrincipalSystems {
  /// A: symmetric and positive definite, `[size, size]`.
  private let matrix: Tensor
  /// The bytes that the systems of some columns may take; larger ones are solved one by one.
  private static let bytes = 64 << 20

  init(_ matrix: Tensor) { self.matrix = matrix }

  /// The memory of solving systems, in bytes, about.
  ///
  /// - Parameters:
  ///   - chosen: The number of elements that are chosen of a column.
  ///   - size: The size of A.
  /// - Returns: The bytes.
  static func bytes(choosing chosen: Int, of size: Int) -> Int {
    max(bytes, bytes(of: chosen, of: size, DType.float32.byteCount))
  }

  /// The bytes of one system: rows of A, places in them, the system itself, and its factor.
  private static func bytes(of chosen: Int, of size: Int, _ element: Int) -> Int {
    chosen * (size * element + chosen * (DType.int64.byteCount + 3 * element + 1))
  }

  /// z where elements of their own are chosen of each column.
  ///
  /// - Parameters:
  ///   - right: The columns b: `[size, columns]`.
  ///   - chosen: What is chosen of them, in bool: `[size, columns]`.
  /// - Returns: z: `[size, columns]`.
  /// - Throws: `TorchError` where A_CC is not positive definite.
  func solved(_ right: Tensor, where chosen: Tensor) throws -> Tensor {
    let (size, columns) = (right.shape[0], right.shape[1])
    // What is chosen comes first.
    let order = try (.!chosen).to(.uint8).sorted(0).positions
    let counts = try chosen.sum([0], dtype: .int64)
    let most = Int(try counts.max().scalar())
    let result = try Tensor.zeros(right.shape, dtype: right.dtype, device: right.device)
    guard most > 0 else { return result }
    let chunk = max(1, Self.bytes / Self.bytes(of: most, of: size, right.dtype.byteCount))
    for start in stride(from: 0, to: columns, by: chunk) {
      let range = start..<min(start + chunk, columns)
      let count = try counts.narrowed(0, to: range)
      let most = Int(try count.max().scalar())
      guard most > 0 else { continue }
      let places = try order.narrowed(1, to: range).narrowed(0, to: 0..<most)
      let isChosen =
        try Tensor.arange(to: Double(most), dtype: .int64, device: right.device)
        .unsqueezed(1) .< count.unsqueezed(0)
      let own = try right.narrowed(1, to: range)
      let solved = try solved(own.gathering(0, places), places, isChosen)
      try result.narrowed(1, to: range).copy(
        from: .zeros([size, range.count], dtype: right.dtype, device: right.device)
          .scattering(0, places, from: solved)
      )
    }
    return result
  }

  /// z where the same elements are chosen of all columns.
  ///
  /// - Parameters:
  ///   - right: The columns b: `[size, columns]`.
  ///   - chosen: What is chosen of each: `[size, columns]` in bool, with equal columns.
  /// - Returns: z: `[size, columns]`.
  /// - Throws: `TorchError` where A_CC is not positive definite.
  func solved(_ right: Tensor, whereRows chosen: Tensor) throws -> Tensor {
    let flags = try chosen.narrowed(1, to: 0..<1).reshaped([-1]).to(.int64).integers()
    let result = try Tensor.zeros(right.shape, dtype: right.dtype, device: right.device)
    let rows = flags.indices.filter { flags[$0] != 0 }
    guard !rows.isEmpty else { return result }
    let places = try Tensor(rows).to(device: right.device)
    let inner = try matrix.selecting(0, places).selecting(1, places)
    try result.add(Self.solved(inner, right.selecting(0, places)), toRows: places)
    return result
  }

  /// z for the elements at some places of each column, `[places, columns]`, 0 where they are not chosen.
  private func solved(_ right: Tensor, _ places: Tensor, _ isChosen: Tensor) throws -> Tensor {
    let (count, columns) = (places.shape[0], places.shape[1])
    let zero = try Tensor.zeros([], dtype: right.dtype, device: right.device)
    let unit = try Tensor.full([count, count], 1, dtype: right.dtype, device: right.device)
      .lowerTriangle(upTo: 0).upperTriangle(from: 0)
    let (places, isChosen) = (try places.transposed(0, 1), try isChosen.transposed(0, 1))
    // Rows are copied as a whole, which is far faster than element by element.
    let wide = try matrix.selecting(0, places.reshaped([-1])).reshaped([columns, count, -1])
    let inner =
      try places.unsqueezed(1) + .zeros([1, count, 1], dtype: .int64, device: places.device)
    let both = try isChosen.unsqueezed(2) .& isChosen.unsqueezed(1)
    let systems = try both.choosing(wide.gathering(2, inner), else: unit)
    let own = try isChosen.choosing(right.transposed(0, 1), else: zero).unsqueezed(2)
    return try Self.solved(systems, own).reshaped([columns, count]).transposed(0, 1)
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
