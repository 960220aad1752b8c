public import BillhookTorch

/// Goes through the columns of a projection from the first to the last, gives each a new value, and
/// lets later columns make up for the difference in the projection's outputs.
///
/// With UᵀU the inverse of H = XᵀX + λ: when column j changes from w to v, the columns after it make
/// up best by -(w - v) / U_jj · U_j,j+1…, where those before j are settled (Frantar and Alistarh,
/// SparseGPT, 2023, arXiv 2301.00774, section 3.2). What new values are is up to whoever sweeps:
/// zeros where weights go, or rounded ones.
///
/// A column is brought up to date just before its turn, by products with the differences of those
/// before it: first of all earlier parts of columns, then inside its part. So the work is that of
/// matrix products, and no part's width changes the result but for rounding.
///
/// Memory: two copies of the projection.
public struct ColumnSweep {
  private let factor: Tensor
  /// The numbers of columns that are brought up to date together from those before them: many, so
  /// that the products are large, and few inside of those, so that they stay in the cache.
  private static let widths = [512, 64, 16]

  /// A sweep of projections with the same inputs.
  ///
  /// - Parameter factor: U, upper triangular: `[in, in]`.
  public init(_ factor: Tensor) { self.factor = factor }

  /// Columns that are settled together.
  public struct Settled {
    /// Their new values: `[columns, out]`.
    public let columns: Tensor
    /// What later columns j make up for, -Σ_i errors_i · U_ij: `[columns, out]`.
    public let errors: Tensor

    /// Says what some columns become, and what later ones make up for.
    public init(columns: Tensor, errors: Tensor) {
      self.columns = columns
      self.errors = errors
    }
  }

  /// Settles one column after the other.
  ///
  /// - Parameters:
  ///   - weight: The projection, `[out, in]` in the type of the factor.
  ///   - step: The number of columns that are looked at before the first of them is settled.
  ///   - entering: Called with a range of `step` columns as they stand, `[columns, out]`.
  ///   - newColumn: The new value of a column, from its number and its value by then, `[1, out]`.
  /// - Returns: The new projection, `[out, in]`.
  /// - Throws: What the closures throw.
  public func byColumns(
    _ weight: Tensor,
    step: Int = 128,
    entering: (_ columns: Range<Int>, _ current: Tensor) throws -> Void,
    newColumn: (_ column: Int, _ current: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let count = weight.shape[1]
    let places = try Tensor.arange(to: Double(count), dtype: .int64, device: factor.device)
    let scales = try factor.gathering(1, places.unsqueezed(1)).pow(-1)
    // Parts that hold several steps hold whole ones.
    let widths = Self.widths.map { $0 < step ? $0 : $0 / step * step } + [step, 1]
    return try sweep(weight, widths, step, entering) { range, current in
      let new = try newColumn(range.lowerBound, current)
      return Settled(columns: new, errors: try (current - new) * scales.narrowed(0, to: range))
    }
  }

  /// Settles one part of the columns after the other.
  ///
  /// - Parameters:
  ///   - weight: The projection, `[out, in]` in the type of the factor.
  ///   - width: The number of columns of a part.
  ///   - step: The number of columns that are looked at before the first of them is settled, a
  ///     multiple of `width`.
  ///   - entering: Called with a range of `step` columns as they stand, `[columns, out]`.
  ///   - settle: What becomes of a part, from its range and its value by then, `[columns, out]`.
  /// - Returns: The new projection, `[out, in]`.
  /// - Throws: What the closures throw.
  public func byParts(
    _ weight: Tensor,
    of width: Int,
    step: Int,
    entering: (_ columns: Range<Int>, _ current: Tensor) throws -> Void,
    settle: (_ columns: Range<Int>, _ current: Tensor) throws -> Settled
  ) throws -> Tensor {
    let outer = max(1, Self.widths[0] / step) * step
    return try sweep(weight, [outer, step, width], step, entering, settle)
  }

  private func sweep(
    _ weight: Tensor,
    _ widths: [Int],
    _ step: Int,
    _ entering: (Range<Int>, Tensor) throws -> Void,
    _ settle: (Range<Int>, Tensor) throws -> Settled
  ) throws -> Tensor {
    // Transposed, columns lie in memory as a whole.
    let turned = try weight.transposed(0, 1)
    let columns = try Tensor.zeros(turned.shape, dtype: turned.dtype, device: turned.device)
    let errors = try columns.copied()
    try columns.copy(from: turned)
    /// Brings a part up to date by the errors of the columns from `first` up to it.
    func update(_ part: Range<Int>, from first: Int) throws {
      guard first < part.lowerBound else { return }
      let before = first..<part.lowerBound
      let effect = try factor.narrowed(0, to: before).narrowed(1, to: part).transposed(0, 1)
      try columns.narrowed(0, to: part)
        .add(effect.matmul(errors.narrowed(0, to: before)), scale: -1)
    }
    func go(through range: Range<Int>, _ widths: ArraySlice<Int>) throws {
      guard let width = widths.first else {
        let settled = try settle(range, columns.narrowed(0, to: range))
        try columns.narrowed(0, to: range).copy(from: settled.columns)
        return try errors.narrowed(0, to: range).copy(from: settled.errors)
      }
      for start in stride(from: range.lowerBound, to: range.upperBound, by: width) {
        let part = start..<min(start + width, range.upperBound)
        try update(part, from: range.lowerBound)
        if width == step { try entering(part, columns.narrowed(0, to: part)) }
        try go(through: part, widths.dropFirst())
      }
    }
    try go(through: 0..<weight.shape[1], Set(widths).sorted(by: >)[...])
    return try columns.transposed(0, 1)
  }
}
