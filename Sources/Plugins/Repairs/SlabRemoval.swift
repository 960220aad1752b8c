import BillhookCore

/// Removes all weights of a slab of columns at once, and lets the others of it and later columns make up
/// for them.
///
/// With G = UᵀU the inverse of H without the columns before the slab, of the slab's own columns, two systems
/// have the same answer: one for the weights P that go, G_PP · z = w_P and w - G·z; and one for the weights S
/// that stay, M_SS · w'_S = (M·w)_S with M = G⁻¹. The one with fewer unknowns is solved.
struct SlabRemoval {
  /// U, upper triangular: `[columns, columns]`.
  private let factor: Tensor
  /// Whether the same weights go of every row.
  private let rowsAreAlike: Bool

  init(_ factor: Tensor, rowsAreAlike: Bool) {
    self.factor = factor
    self.rowsAreAlike = rowsAreAlike
  }

  /// What becomes of a slab, and what later columns make up for.
  ///
  /// - Parameters:
  ///   - current: The slab as it stands: `[columns, rows]`.
  ///   - stays: Which of its weights stay, in bool: `[columns, rows]`.
  /// - Returns: Its new values, with zeros for what goes, and z or its like times U.
  /// - Throws: `TorchError` where H is not positive definite.
  func settled(_ current: Tensor, keeping stays: Tensor) throws -> ColumnSweep.Settled {
    let zero = try Tensor.zeros([], dtype: factor.dtype, device: factor.device)
    let kept = try stays.sum(dtype: .int64).scalar()
    guard 2 * Int(kept) < current.shape.reduce(1, *) else {
      let inverse = try factor.transposed(0, 1).matmul(factor)
      let errors = try factor.matmul(solved(inverse, current, .!stays))
      let changed = try current - factor.transposed(0, 1).matmul(errors)
      return ColumnSweep.Settled(columns: try stays.choosing(changed, else: zero), errors: errors)
    }
    let unit = try Tensor.full(factor.shape, 1, dtype: factor.dtype, device: factor.device)
      .lowerTriangle(upTo: 0).upperTriangle(from: 0)
    let root = try factor.solveTriangular(.upper, unit)
    let matrix = try root.matmul(root.transposed(0, 1))
    let new = try solved(matrix, matrix.matmul(current), stays)
    // What goes was lost as a whole, so U·z is U⁻ᵀ·(w - w').
    return ColumnSweep.Settled(
      columns: new,
      errors: try root.transposed(0, 1).matmul(current - new)
    )
  }

  private func solved(_ matrix: Tensor, _ right: Tensor, _ chosen: Tensor) throws -> Tensor {
    let systems = PrincipalSystems(matrix)
    return rowsAreAlike
      ? try systems.solved(right, whereRows: chosen) : try systems.solved(right, where: chosen)
  }
}
