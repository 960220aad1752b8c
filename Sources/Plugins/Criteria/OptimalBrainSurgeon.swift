import BillhookCore

/// What the outputs of a projection lose with a weight, when other weights make up for it.
///
/// With H = 2XᵀX for the inputs X of a projection, damped: the loss of a row without its weight j is
/// w_j² / (2·[H⁻¹]_jj), and without the weights P together ½·w_P·[(H⁻¹)_PP]⁻¹·w_Pᵀ. Values are the
/// sums of squared differences of outputs over all tokens, as `Gram` has no factor 2: twice a loss
/// is w_j² / [H⁻¹]_jj with a [H⁻¹]_jj half as large.
/// Source: Hassibi and Stork, Second Order Derivatives for Network Pruning: Optimal Brain Surgeon,
/// 1992, equation 5, for the layer-wise error of Frantar and Alistarh, SparseGPT, 2023,
/// arXiv 2301.00774; sets of weights: Zhao et al., 2024, arXiv 2410.15567.
struct OptimalBrainSurgeon: ColumnCriterion {
  static let name = "obs"
  static let summary = "What a projection's outputs lose with a weight, once the others adapt."

  static let reference: Reference? = Reference(
    formula: """
      S_j = w_j² / U_jj²                        settled = column
      S_j = w_j² / [inv(H_a:,a:)]_jj            settled = slab
      S_j = w_j² / [H⁻¹]_jj                     settled = nothing
      S_P = w_P · [(H⁻¹)_PP]⁻¹ · w_Pᵀ           joint = true

      w: a row of a projection; a: the first column of its slab, or 0
      X: the projection's inputs over all tokens
      H = XᵀX + damping · mean(diag(XᵀX)) · I
      U: upper triangular, UᵀU = H⁻¹
      The score of a head or a channel is the sum over its weights.
      """,
    papers: [.sparseGPT.part("section 3"), .multipleRemoval.part("equations 12, 14")],
    differences: [
      "SparseGPT values a weight as if all columns before it were settled (U_jj²), Optimal "
        + "Brain Surgeon as if none were ([H⁻¹]_jj), and the removal of several weights lies "
        + "between: columns before a slab are settled. By default `settled` is `column` where a "
        + "repair goes from the first column to the last and weights are chosen slab by slab, and "
        + "`nothing` for everything else: heads, channels, and weights that are chosen at once.",
      "SparseGPT sets inputs that are 0 for all tokens apart, and removes their weights. Here "
        + "those weights have the score 0, and the mean of the diagonal leaves those inputs out.",
    ]
  )

  /// Which columns no longer change, so that they cannot make up for a removal.
  enum Settled: String, Choice {
    /// All before the weight's own.
    case column
    /// All before the slab in which it is chosen.
    case slab
    /// None.
    case nothing
  }

  /// What is added to the diagonal, as a fraction of its mean.
  var damping = 0.01
  /// Which columns no longer change.
  ///
  /// Nil is `column` in a sweep from the first column to the last, and `nothing` for a whole matrix.
  var settled: Settled?
  /// Whether the weights of a pattern are valued by what goes together.
  var joint = false

  static let parameters = [
    Parameter<OptimalBrainSurgeon>(
      "damping",
      \.damping,
      in: 0...1,
      help: "what is added to the diagonal of XᵀX, as a fraction of its mean"
    ),
    Parameter("settled", \.settled, help: "which columns can no longer make up for a weight"),
    Parameter("joint", \.joint, help: "whether a pattern is chosen by the loss of whole sets"),
  ]

  var valuesSets: Bool { joint }

  var evidence: [any Evidence] { [InputGram()] }

  var reduction: SaliencyReduction { SaliencyReduction(kinds: [.projection]) }

  func saliency(
    of weight: Tensor,
    _ id: WeightID,
    _ statistics: Statistics
  ) throws -> Tensor {
    try saliency(of: weight, id, from: 0, 0, settled ?? .nothing, statistics)
  }

  func saliency(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    _ statistics: Statistics
  ) throws -> Tensor {
    try saliency(of: columns, id, from: start, settled, self.settled ?? .column, statistics)
  }

  /// w² by the part of H⁻¹ that the columns that may still change leave.
  private func saliency(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    _ first: Int,
    _ settled: Settled,
    _ statistics: Statistics
  ) throws -> Tensor {
    let range = start..<start + columns.shape[1]
    let factor = try statistics.inverseFactor(of: id, damping: damping)
    // Of columns whose predecessors from `first` on may still change, the diagonal of the inverse is
    // the sum of squares of U from that row on.
    let inverse =
      switch settled {
      case .column: try Self.diagonal(of: factor, range).pow(2)
      case .slab: try squares(of: factor, range, from: first)
      case .nothing: try squares(of: factor, range, from: 0)
      }
    return try living(columns, id, range, statistics).pow(2) / inverse
  }

  /// w_P · [(H⁻¹)_PP]⁻¹ · w_Pᵀ for each row and set P.
  func losses(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    removing sets: [[Int]],
    _ statistics: Statistics
  ) throws -> Tensor? {
    guard joint, sets.first?.isEmpty == false else { return nil }
    let whole = start..<start + columns.shape[1]
    let factor = try statistics.inverseFactor(of: id, damping: damping)
    let weights = try living(columns, id, whole, statistics).transposed(0, 1)
    let losses = try Self.runs(of: sets).map { places, sets in
      let range = start + places.lowerBound..<start + places.upperBound
      let first = self.settled == .nothing ? 0 : settled
      let part = try open(factor, range, from: first)
      return try Self.losses(
        of: weights.narrowed(0, to: places),
        part.transposed(0, 1).matmul(part),
        removing: sets.map { set in set.map { $0 - places.lowerBound } }
      )
    }
    return try Tensor.joined(losses, along: 0).transposed(0, 1)
  }

  /// w_P · [G_PP]⁻¹ · w_Pᵀ for each set P and row.
  ///
  /// Shapes: weights `[columns, out]`, inverse `[columns, columns]`, the result `[sets, out]`.
  private static func losses(
    of weights: Tensor,
    _ inverse: Tensor,
    removing sets: [[Int]]
  ) throws -> Tensor {
    let (count, size) = (inverse.shape[0], sets[0].count)
    let pairs = sets.flatMap { set in set.flatMap { row in set.map { row * count + $0 } } }
    let blocks = try inverse.reshaped([-1])
      .selecting(0, Tensor(pairs).to(device: weights.device))
      .reshaped([sets.count, size, size])
    let removed = try weights.selecting(0, Tensor(sets.flatMap { $0 }).to(device: weights.device))
      .reshaped([sets.count, size, weights.shape[1]])
    return try blocks.cholesky(.lower).solveTriangular(.lower, removed).pow(2).sum([1])
  }

  /// Sets one after the other that lie in a few hundred columns, with those columns: so that no
  /// more of the inverse is made than they need.
  private static func runs(of sets: [[Int]]) -> [(columns: Range<Int>, sets: [[Int]])] {
    var runs: [(columns: Range<Int>, sets: [[Int]])] = []
    for set in sets {
      guard let low = set.min(), let high = set.max() else { continue }
      if let last = runs.last {
        let joined = min(last.columns.lowerBound, low)..<max(last.columns.upperBound, high + 1)
        if joined.count <= 256 {
          runs[runs.count - 1] = (joined, last.sets + [set])
          continue
        }
      }
      runs.append((low..<high + 1, [set]))
    }
    return runs
  }

  /// The part of U that gives the inverse of what may still change, for a range of columns: its
  /// rows from the first that is not settled.
  private func open(_ factor: Tensor, _ range: Range<Int>, from first: Int) throws -> Tensor {
    try factor.narrowed(0, to: first..<range.upperBound).narrowed(1, to: range)
  }

  /// The sums of squares of those parts of U's columns.
  private func squares(of factor: Tensor, _ range: Range<Int>, from first: Int) throws -> Tensor {
    // In strips, so that there is no second matrix.
    let sums = try stride(from: range.lowerBound, to: range.upperBound, by: 512).map { start in
      let strip = start..<min(start + 512, range.upperBound)
      return try open(factor, strip, from: first).pow(2).sum([0])
    }
    return try Tensor.joined(sums, along: 0)
  }

  /// The diagonal of U in a range of columns.
  private static func diagonal(of factor: Tensor, _ range: Range<Int>) throws -> Tensor {
    let places = try Tensor.arange(
      from: Double(range.lowerBound),
      to: Double(range.upperBound),
      dtype: .int64,
      device: factor.device
    )
    return try factor.narrowed(0, to: range).gathering(1, places.unsqueezed(1)).reshaped([-1])
  }

  /// The columns, with zeros where an input is dead: nothing is lost with them.
  private func living(
    _ columns: Tensor,
    _ id: WeightID,
    _ range: Range<Int>,
    _ statistics: Statistics
  ) throws -> Tensor {
    let gram = try statistics.result(of: InputGram()).require(id.role)
    let zero = try Tensor.zeros([], dtype: columns.dtype, device: columns.device)
    return try gram.isDead.narrowed(0, to: range).choosing(zero, else: columns)
  }
}
