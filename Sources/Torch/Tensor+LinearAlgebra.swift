import CTorch

/// Everything here works on the last two dimensions, and on all matrices of a batch at once.
extension Tensor {
  /// A triangle of a matrix.
  public enum Triangle: Sendable {
    /// What is on the diagonal and below it, or above it.
    case lower, upper
  }

  /// The Cholesky factor of this symmetric, positive definite matrix A.
  ///
  /// - Parameter triangle: `lower` for L with A = L·Lᵀ, `upper` for U with A = Uᵀ·U.
  /// - Returns: The factor, with zeros in the other triangle.
  /// - Throws: `TorchError` when the matrix is not square, or not positive definite; libtorch's
  ///   message names the leading minor that is not.
  public func cholesky(_ triangle: Triangle) throws(TorchError) -> Tensor {
    try make("linalg_cholesky", on: [self]) { ct_cholesky(handle, triangle == .upper, $0) }
  }

  /// X with A·X = B, where this is A.
  ///
  /// Shapes: A `[…, n, n]`, B `[…, n, columns]` or `[…, n]`, X as B.
  ///
  /// - Throws: `TorchError` when A is singular.
  public func solve(_ b: Tensor) throws(TorchError) -> Tensor {
    try make("linalg_solve", on: [self, b]) { ct_solve(handle, b.handle, $0) }
  }

  /// X with A·X = B, where A is a triangle of this matrix; elements outside the triangle are
  /// ignored.
  ///
  /// Shapes: A `[…, n, n]`, B and X `[…, n, columns]`. A zero on the diagonal gives infinities.
  public func solveTriangular(_ triangle: Triangle, _ b: Tensor) throws(TorchError) -> Tensor {
    try make("linalg_solve_triangular", on: [self, b]) {
      ct_solve_triangular(handle, b.handle, triangle == .upper, $0)
    }
  }

  /// The eigenvalues of this symmetric matrix, from the smallest up; its upper triangle is ignored.
  public func symmetricEigenvalues() throws(TorchError) -> Tensor {
    try make("linalg_eigvalsh", on: [self]) { ct_eigenvalues_symmetric(handle, $0) }
  }
}
