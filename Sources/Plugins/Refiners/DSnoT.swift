import BillhookCore

/// Brings weights back, and removes others of the same row, until what a row lost adds nothing to its
/// output on average.
///
/// Source: Zhang et al., Dynamic Sparse No Training, 2023, arXiv 2310.08915, algorithm 1, and the authors'
/// code.
struct DSnoT: Refiner {
  static let name = "dsnot"
  static let summary = "Exchanges weights of a row until its mean output is that of the whole row."

  static let reference: Reference? = Reference(
    formula: """
      C_ij = W_ij · t_j,  ε_i = Σ C_ij over what is gone of row i

      while |ε_i| > threshold, at most `cycles` times:
        ε_i > 0: back comes the greatest C_ij / v_j^power above 0 of what is gone,
                 away goes the least |W_ij| · ‖x_j‖₂ of what stays with C_ij < 0
        else:    back comes the least below 0, away goes the least with C_ij > 0

      x_j: input j over all tokens
      t_j: its sum over the tokens of a window, as a mean over windows
      v_j: its variance inside a window, as a mean over windows
      """,
    papers: [.dsnot.part("algorithm 1")],
    differences: [
      "`same_sign` ends a row before an exchange that would turn the sign of ε. The paper has the rule; "
        + "the authors' code leaves it out unless it is edited, and so does the default.",
      "The code refines attention only, unless it is told otherwise; so do the default `targets`.",
      "A row that runs out of weights of the right sign is left as it is then. In the code its lists run "
        + "on into others, which breaks the counts of short rows.",
      "The code starts from masks that are chosen row by row, by magnitude and by SparseGPT's values as "
        + "well as by Wanda's. Here `by magnitude` and `by obs` compare the weights of a whole matrix "
        + "unless `prune weight` has `group = row`.",
      "With a pattern, what goes is the weight of the same neighbours that the criterion values least, "
        + "and `same_sign` always holds, as in the code.",
    ]
  )

  /// The most exchanges in a row.
  var cycles = 50
  /// The error at which a row is good enough.
  var threshold = 0.1
  /// The power of the variance by which what comes back is divided.
  var power = 1.0
  /// Whether an exchange that turns the sign of a row's error ends the row.
  var sameSign = false
  /// The projections whose masks are refined.
  var targets: [Projection] = [.query, .key, .value, .output]

  static let parameters = [
    Parameter<DSnoT>("cycles", \.cycles, in: 1...1_000_000, help: "the most exchanges in a row"),
    Parameter(
      "threshold",
      \.threshold,
      in: 0...,
      help: "the error |ε| at which a row is left as it is"
    ),
    Parameter(
      "power",
      \.power,
      in: 0...,
      help: "the power of the variance by which the order of what comes back is divided"
    ),
    Parameter(
      "same_sign",
      \.sameSign,
      help: "whether an exchange that would turn the sign of ε ends the row"
    ),
    Parameter("targets", \.targets, help: "the projections whose masks are refined"),
  ]

  private var moments: WindowMoments { WindowMoments() }
  private var norms: InputNorms { InputNorms() }

  var evidence: [any Evidence] { [moments, norms] }

  /// Rows keep their counts.
  var group: ComparisonGroup { .row }

  /// None of its projections may go at all.
  func obstacle(to unit: any SparseUnit) -> String? {
    guard unit.roles.isDisjoint(with: targets.map(\.role)) else { return nil }
    return
      "none of its `targets` is among those of `\(type(of: unit).name)`, so nothing would be refined"
  }

  /// Masks with the same counts in each row.
  func refined(
    _ projections: [MaskedProjection],
    _ statistics: Statistics
  ) throws -> [WeightRole: Tensor] {
    let roles = Set(targets.map(\.role))
    let (moments, norms) = (
      try statistics.result(of: moments), try statistics.result(of: norms)
    )
    var masks: [WeightRole: Tensor] = [:]
    for projection in projections where roles.contains(projection.id.role) {
      let sums = try moments.require(projection.id.role)
      let inputs = ErrorBalance.Inputs(
        sums: try sums.meanSum().to(.float32),
        variances: try sums.meanVariance().pow(power).to(.float32),
        norms: try norms.require(projection.id.role).to(.float32)
      )
      let values = try projection.pattern.map { _ in try projection.values() }
      let (rows, columns) = (projection.weight.shape[0], projection.weight.shape[1])
      // Orders take some thirty bytes a weight, so rows are looked at a few at a time.
      let atOnce = max(1, Self.weightsAtOnce / max(1, columns))
      let parts = try stride(from: 0, to: rows, by: atOnce).map { first in
        let own = first..<min(first + atOnce, rows)
        var balance = try ErrorBalance(
          projection.weight.narrowed(0, to: own),
          mask: projection.mask.narrowed(0, to: own),
          gone: projection.gone.narrowed(0, to: own),
          inputs
        )
        if let pattern = projection.pattern, let values {
          let own = try values.narrowed(0, to: own)
          try balance.settle(pattern, by: own, cycles: cycles, threshold: threshold)
        } else {
          try balance.settle(cycles: cycles, threshold: threshold, sameSign: sameSign)
        }
        return balance.mask
      }
      masks[projection.id.role] = try .joined(parts, along: 0)
    }
    return masks
  }

  /// How many weights of a matrix are looked at together.
  private static let weightsAtOnce = 1 << 22
}
