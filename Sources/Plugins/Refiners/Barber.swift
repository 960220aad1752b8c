import BillhookCore

/// Exchanges what matters most of what went with what matters least of what stays, by the gradients that
/// each attention and each MLP has of its own.
///
/// Source: Su et al., LLM-Barber, 2024, arXiv 2408.10631, and the authors' code.
struct Barber: Refiner {
  static let name = "barber"
  static let summary = "Exchanges weights by the gradients of each attention's and MLP's own error."

  static let reference: Reference? = Reference(
    formula: """
      S_ij = |W_ij| · √(mean of g²_ij over windows)

      in each group: r_1 ≥ r_2 … of what is gone, s_1 ≤ s_2 … of what stays
      R = how many n there are with r_n > s_n
      the first ⌊R · threshold⌋ of both change places

      W: the weights before they were pruned
      g: gradient of the mean squared difference between what an attention,
         or an MLP, gives with all weights, and with masks, for inputs that
         come from the masked model
      """,
    papers: [.llmBarber],
    differences: [
      "What ties with the last one that changes places stays as it is; in the code all that tie are left "
        + "out, and counts may differ.",
      "What an attention or MLP gives is looked at after the norm that follows it, where there is one.",
      "The code can begin with weights that a solver changed. Here the masks are those of a criterion, "
        + "and a repair in the same `prune` comes after the exchange; what the code's "
        + "`--retain_reconstruction` does, to keep the changed weights and bring back others as they were, "
        + "is not there.",
      "With a pattern, no more come back in a group than there are in it to go, the greatest values first: "
        + "fewer than were chosen, where more of a group are gone than stay, as with 1:4. There the code "
        + "brings back all that were chosen, and the pattern no longer holds.",
      "The code starts with `group = matrix` and `threshold = 0.1` after SparseGPT, and with a pool over "
        + "the module (`group = module`) and 0.1 after magnitude.",
    ]
  )

  /// What weights are compared by.
  enum Metric: String, Choice {
    /// |W| · √g².
    case product
    /// |W|.
    case weight
    /// √g².
    case gradient
  }

  /// The values among which weights are compared.
  enum Group: String, Choice {
    case row, column, matrix, module
  }

  /// The share of all useful exchanges that is made.
  var threshold = 0.01
  /// The values among which weights are compared.
  var pool = Group.row
  /// What weights are compared by.
  var metric = Metric.product

  static let parameters = [
    Parameter<Barber>(
      "threshold",
      \.threshold,
      in: 0...1,
      help: "the share of all exchanges for the better that is made"
    ),
    Parameter("group", \.pool, help: "the values among which weights are compared and exchanged"),
    Parameter("metric", \.metric, help: "what weights are compared by"),
  ]

  private var gradients: Gradients { Gradients(.meanSquare) }

  var evidence: [any Evidence] { [gradients] }

  var group: ComparisonGroup {
    switch pool {
    case .row: .row
    case .column: .column
    case .matrix: .matrix
    case .module: .module
    }
  }

  /// A pattern holds in rows.
  func obstacle(to unit: any SparseUnit) -> String? {
    guard let pattern = unit.pattern, pool != .row else { return nil }
    return "`pattern = \(pattern.literalText)` holds inside rows: leave its `group` out, or write "
      + "`group = row`"
  }

  /// Masks with the same counts in each group.
  func refined(
    _ projections: [MaskedProjection],
    _ statistics: Statistics
  ) throws -> [WeightRole: Tensor] {
    let found = try statistics.result(of: gradients)
    let exchanges = try projections.map { projection in
      let scores: Tensor
      switch metric {
      case .weight: scores = try projection.weight.abs()
      case .gradient: scores = try Self.root(found, projection.id.role)
      case .product:
        scores = try projection.weight.abs() * Self.root(found, projection.id.role)
      }
      return (projection, MaskExchange(scores, mask: projection.mask, gone: try projection.gone))
    }
    var masks: [WeightRole: Tensor] = [:]
    if pool == .module {
      for isAttention in [true, false] {
        let own = exchanges.filter { $0.0.id.role.isOfAttention == isAttention }
        guard !own.isEmpty else { continue }
        let pooled = try MaskExchange(pooling: own.map(\.1)).mask(byShare: threshold)
        var start = 0
        for (projection, _) in own {
          let end = start + projection.mask.shape.reduce(1, *)
          masks[projection.id.role] = try pooled.narrowed(1, to: start..<end)
            .reshaped(projection.mask.shape)
          start = end
        }
      }
      return masks
    }
    for (projection, exchange) in exchanges {
      let shape = projection.mask.shape
      masks[projection.id.role] =
        switch pool {
        case .row: try exchange.mask(byShare: threshold, keeping: projection.pattern)
        case .column:
          try exchange.turned().mask(byShare: threshold).transposed(0, 1).contiguous()
        case .matrix, .module:
          try MaskExchange(pooling: [exchange]).mask(byShare: threshold).reshaped(shape)
        }
    }
    return masks
  }

  private static func root(_ squares: LentWeights, _ role: WeightRole) throws -> Tensor {
    try squares.require(role).pow(0.5)
  }
}
