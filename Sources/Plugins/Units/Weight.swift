import BillhookCore

/// Single weights of the projections, which become zeros where they are.
struct Weight: SparseUnit {
  static let name = "weight"
  static let summary = "Single weights: zeros where they are, anywhere or 2 of 4; shapes stay."

  static let reference: Reference? = Reference(
    formula: """
      pattern = N:M: of each M neighbouring inputs of a row, N stay
      else, in each group of n weights, the lowest n · share go

      group = row, column, matrix, module (attention or MLP), block, model
      """,
    papers: [.wanda, .sparseGPT],
    differences: [
      "Counts are rounded down, as in the code of Wanda and DSnoT. The code of SparseGPT and that "
        + "of the magnitude baseline remove one more: `rounding = down_plus_one`.",
      "A share is that of the weights of a group which are zero afterwards, those included that were zero "
        + "before.",
    ]
  )

  /// The projections whose weights can go.
  var targets: [Projection] = Projection.allCases
  /// How many of neighbouring inputs stay.
  var pattern: SparsityPattern?
  /// Among which values the lowest are looked for.
  var group: ComparisonGroup?
  /// How a share of a group becomes a whole number.
  var rounding = CountRounding.down
  /// When a mask is chosen.
  var choice: MaskChoice?
  /// What is masked before the next part of the model is measured.
  var order: SequentialOrder?

  static let parameters = [
    Parameter<Weight>("targets", \.targets, help: "the projections whose weights can go"),
    Parameter(
      "pattern",
      \.pattern,
      help: "how many of neighbouring inputs of a row stay, as in 2:4"
    ),
    Parameter(
      "group",
      \.group,
      help: "among which values the lowest go; by default what the criterion is made for"
    ),
    Parameter("rounding", \.rounding, help: "how a share of a group becomes a whole number"),
    Parameter(
      "choose",
      \.choice,
      help: "the whole mask first, or slab after slab by weights that the repair adjusted"
    ),
    Parameter(
      "order",
      \.order,
      help: "what is masked before the next part is measured; by default each block"
    ),
  ]

  var roles: Set<WeightRole> { Set(targets.map(\.role)) }

  /// Refuses what leaves nothing to prune.
  func validate() throws(ParameterProblem) {
    if targets.isEmpty {
      throw ParameterProblem("targets", "names no projection; leave it out for all seven")
    }
    if pattern != nil, group != nil, group != .row {
      throw ParameterProblem(
        "group",
        "a pattern compares neighbouring inputs of a row; leave it out"
      )
    }
  }
}
