import BillhookCore

/// Rounds weights column by column, and lets later columns of the same row make up for each difference.
///
/// Source: Frantar et al., GPTQ, 2022, arXiv 2210.17323, algorithm 1.
struct GPTQ: Quantiser {
  static let name = "gptq"
  static let summary =
    "Rounds column by column, and changes later columns so that they make up for it."

  static let reference: Reference? = Reference(
    formula: """
      from the first column j to the last, in each row w:
      q_j = round(w_j / scale) + zero, between 0 and 2^bits - 1
      w_j+1…: -= (w_j - scale · (q_j - zero)) / U_jj · U_j,j+1…

      X: the projection's inputs over all tokens
      H = XᵀX + damping · mean(diag(XᵀX)) · I
      U: upper triangular, UᵀU = H⁻¹
      scale, zero: of a group's columns as they are when the first is reached
      """,
    papers: [.gptq.part("algorithm 1")],
    differences: [
      "A group's scale is that of its columns as all columns before them left them. The authors' code "
        + "brings columns up to date after slabs of 128, so that of smaller groups all but the first of a "
        + "slab get scales of columns that are not up to date.",
      "Scales are rounded as they are stored before codes are chosen by them.",
      "Where all weights of a group have one sign, the code's symmetric scale is half of what it should "
        + "be, so that large ones are cut off. Here it spans them.",
      "The code clears the weights of inputs that are 0 for all tokens. Here they are rounded like "
        + "others; they add nothing either way.",
      "Weights that a mask holds at zero get the code of zero, and later columns make up for what earlier "
        + "ones moved there, as in SparseGPT.",
    ]
  )

  /// What is added to the diagonal, as a fraction of its mean.
  var damping = 0.01
  /// Whether columns are taken by the sums of squares of their inputs, the largest first.
  var ordersByActivations = false

  static let parameters = [
    Parameter<GPTQ>(
      "damping",
      \.damping,
      in: 0...1,
      help: "what is added to the diagonal of XᵀX, as a fraction of its mean"
    ),
    Parameter(
      "act_order",
      \.ordersByActivations,
      help: "take columns with the largest inputs first (desc_act); some kernels are slower then"
    ),
  ]

  var evidence: [any ActivationEvidence] { [InputGram()] }

  /// Each column changes those after it.
  func operations(rows: Int, columns: Int) -> Double {
    Double(rows) * Double(columns) * Double(columns)
  }

  func quantised(
    _ projection: UnquantisedProjection,
    _ statistics: Statistics
  ) throws -> QuantisedMatrix {
    var gram = try statistics.result(of: InputGram()).require(projection.id.role)
    var order: Tensor?
    if ordersByActivations {
      let sorted = try gram.byDescendingSquares()
      (gram, order) = (sorted.gram, sorted.order)
    }
    let factor = try gram.inverseFactor(.mean(damping)) { note in
      statistics.note(note, about: "the inputs of \(projection.id)")
    }
    /// Its columns in the order in which they are taken.
    func taken(_ matrix: Tensor) throws -> Tensor {
      try order.map { try matrix.selecting(1, $0) } ?? matrix
    }
    // Columns lie in memory as a whole.
    let stays = try projection.mask.map { try taken($0).transposed(0, 1).contiguous() }
    let zero = try Tensor.zeros([], dtype: factor.dtype, device: factor.device)
    let beyond = try Tensor.zeros([], dtype: .float64, device: factor.device)
    var grids: [QuantisationGrid] = []
    let width = projection.scheme.group ?? projection.weight.shape[1]
    let weight = try ColumnSweep(factor).byColumns(taken(projection.weight), step: width) {
      _,
      current in
      try requireFinite(current, projection.id)
      grids.append(try projection.grid(of: current))
    } newColumn: { column, current in
      let grid = grids[column / width]
      let nearest = try grid.nearest(current)
      // What a mask holds at zero is not rounded.
      let kept = try stays?.narrowed(0, to: column..<column + 1)
      try beyond.add(grid.countBeyond(current, nearest: nearest, among: kept))
      // NaN in any column spreads to all after it, so that the last one tells.
      if column == projection.weight.shape[1] - 1 { try requireFinite(current, projection.id) }
      return try kept?.choosing(nearest, else: zero) ?? nearest
    }
    if let note = note(try beyond.scalar(), of: projection) {
      statistics.note(note, about: "\(projection.id)")
    }
    return try projection.matrix(of: weight.transposed(0, 1), grids, order: order)
  }

  private func requireFinite(_ column: Tensor, _ id: WeightID) throws {
    guard try !column.allFinite() else { return }
    throw DataError(
      "\(id): making up for rounding gives numbers beyond float32; use more calibration data, or more than "
        + "`damping = \(damping)`"
    )
  }

  /// What to say of numbers that were moved away from all codes, where they are more than one in a
  /// thousand; the same for projections of about the same share, so that it can be said once.
  private func note(_ beyond: Double, of projection: UnquantisedProjection) -> String? {
    let share = 100 * beyond / Double(projection.weight.shape.reduce(1, *))
    guard let least = [10, 1, 0.1].first(where: { share >= $0 }) else { return nil }
    let remedies =
      (projection.scheme.group == InputGroup.sizes.first ? [] : ["a smaller `group`"])
      + (ordersByActivations ? [] : ["`act_order = true`"]) + ["more `damping`"]
    return
      "\(rounded(least)) % of the numbers or more were moved further than a step from all codes; "
      + "\(remedies.joined(separator: " or ")) leaves fewer"
  }
}
