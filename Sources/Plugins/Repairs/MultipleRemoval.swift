import BillhookCore

/// Removes all weights of a row that go, or those of a slab of columns, at once, with the change of
/// the other weights that makes up best.
///
/// Over whole rows this is the least-squares fit of what stays, damped.
/// Source: Zhao et al., Pruning Foundation Models for High Accuracy without Retraining, 2024,
/// arXiv 2410.15567, equations 11 and 13.
struct MultipleRemoval: Repair {
  static let name = "mrp"
  static let summary = "Fits what stays to all that goes of a row at once, by least squares."

  static let reference: Reference? = Reference(
    formula: """
      w: -= w_P · [(H⁻¹)_PP]⁻¹ · (H⁻¹)_P,:
      or, where most goes, w_S = (H_SS)⁻¹ · (H·w)_S, which is the same

      P: what goes of a row w of a projection, in a slab or in all of it
      S: what stays there
      X: the projection's inputs over all tokens
      H = XᵀX + damping · mean(diag(XᵀX)) · I; columns before a slab are left out
      """,
    papers: [.multipleRemoval.part("equations 11, 13")],
    differences: [
      "The authors published no code, and the widths of their slabs and their damping are not "
        + "known. Here a slab is 128 columns wide and the damping 0.01, as in SparseGPT.",
      "A slab of all columns, `slab = none`, is the optimum for a mask that is known. It takes a "
        + "system of equations for each row: far more work, unless whole columns go.",
    ]
  )

  /// The number of columns that are solved together.
  var width = SlabWidth.columns(128)
  /// What is added to the diagonal, as a fraction of its mean.
  var damping = 0.01

  static let parameters = [
    Parameter<MultipleRemoval>(
      "slab",
      \.width,
      help: "the number of columns that are solved together; none for whole rows"
    ),
    Parameter(
      "damping",
      \.damping,
      in: 0...1,
      help: "what is added to the diagonal of XᵀX, as a fraction of its mean"
    ),
  ]

  var slab: Int? { width.columns }

  var evidence: [any Evidence] { [InputGram()] }

  var granularities: Set<UnitGranularity> { [.heads, .channels, .weight] }
  var addsBiases: Bool { false }

  /// A system of equations for each row and slab, of what goes or of what stays, whichever is less; and what
  /// a slab changes of the columns after it.
  func operations(rows: Int, columns: Int, removing share: Double) -> Double {
    let width = Double(min(slab ?? columns, columns))
    let unknowns = width * min(share, 1 - share)
    let systems = Double(rows) * Double(columns) / width * unknowns * unknowns * unknowns / 3
    return systems + Double(rows) * Double(columns) * Double(columns)
  }

  /// Of the systems that are solved together.
  func bytes(rows: Int, columns: Int, removing share: Double) -> Int {
    let width = min(slab ?? columns, columns)
    let unknowns = Int((Double(width) * min(share, 1 - share)).rounded(.up))
    return PrincipalSystems.bytes(choosing: unknowns, of: width)
  }

  /// The projection after a sweep by slabs.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
    let factor = try statistics.inverseFactor(of: cut.id, damping: damping)
    let all = cut.weight.shape[1]
    // A slab holds whole steps, or a step whole slabs.
    let step = cut.step ?? 1
    let slab = min(width.columns ?? all, all)
    let width = step <= slab ? slab / step * step : slab
    let zero = try Tensor.zeros([], dtype: factor.dtype, device: factor.device)
    var (stays, first) = (zero, 0)
    let weight = try ColumnSweep(factor).byParts(cut.weight, of: width, step: max(step, width)) {
      columns,
      current in
      (stays, first) = (try cut.stays(in: columns, of: current), columns.lowerBound)
    } settle: { columns, current in
      let place = columns.lowerBound - first
      let mask = try stays.narrowed(0, to: place..<place + columns.count)
      let own = try factor.narrowed(0, to: columns).narrowed(1, to: columns)
      let removal = SlabRemoval(own, rowsAreAlike: cut.rowsAreAlike)
      return try removal.settled(current, keeping: mask)
    }
    return RepairedProjection(weight: weight)
  }
}
