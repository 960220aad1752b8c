import BillhookCore

/// Removes weights column by column, and lets later columns of the same row make up for each.
///
/// Source: Frantar and Alistarh, SparseGPT, 2023, arXiv 2301.00774, algorithm 1, without its choice
/// of what goes.
struct SparseGPT: Repair {
  static let name = "sparsegpt"
  static let summary = "Changes later columns so that they make up for what goes of earlier ones."

  static let reference: Reference? = Reference(
    formula: """
      from the first column j to the last, in each row w without weight j:
      w_j: -= (w_j / U_jj) · U_j,j:

      X: the projection's inputs over all tokens
      H = XᵀX + damping · mean(diag(XᵀX)) · I
      U: upper triangular, UᵀU = H⁻¹
      """,
    papers: [.sparseGPT.part("algorithm 1")],
    differences: [
      "The method chooses what goes as it changes weights. Here a criterion does, `obs` as in "
        + "the paper, or any other, and the repair shows it the weights as they stand.",
      "The authors' code removes one weight more in each 128 columns than the share says. "
        + "Here the unit counts.",
      "The code clears the weights of inputs that are 0 for all tokens. Here they stay unless "
        + "they are chosen; they add nothing either way.",
    ]
  )

  /// The number of columns after which the mask is chosen anew.
  var width = 128
  /// What is added to the diagonal, as a fraction of its mean.
  var damping = 0.01

  static let parameters = [
    Parameter<SparseGPT>(
      "slab",
      \.width,
      in: 1...1_000_000,
      help: "the number of columns after which the mask may be chosen anew"
    ),
    Parameter(
      "damping",
      \.damping,
      in: 0...1,
      help: "what is added to the diagonal of XᵀX, as a fraction of its mean"
    ),
  ]

  var slab: Int? { width }

  var evidence: [any Evidence] { [InputGram()] }

  var granularities: Set<UnitGranularity> { [.heads, .channels, .weight] }
  var addsBiases: Bool { false }

  /// Each column changes those after it.
  func operations(rows: Int, columns: Int, removing share: Double) -> Double {
    Double(rows) * Double(columns) * Double(columns)
  }

  /// The projection after a sweep in which what goes becomes 0.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
    let factor = try statistics.inverseFactor(of: cut.id, damping: damping)
    let zero = try Tensor.zeros([], dtype: factor.dtype, device: factor.device)
    var (stays, first) = (zero, 0)
    let weight = try ColumnSweep(factor).byColumns(cut.weight, step: cut.step ?? width) {
      columns,
      current in
      (stays, first) = (try cut.stays(in: columns, of: current), columns.lowerBound)
    } newColumn: { column, current in
      let place = column - first
      return try stays.narrowed(0, to: place..<place + 1).choosing(current, else: zero)
    }
    return RepairedProjection(weight: weight)
  }
}
