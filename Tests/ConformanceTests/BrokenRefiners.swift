import BillhookCore

/// Refiners that each break one promise of masks.
enum BrokenRefiners {
  struct Generous: Refiner {
    static let name = "generous"
    static let summary = "Brings back a weight of each row, and takes none for it."
    let evidence: [any Evidence] = []
    let group = ComparisonGroup.row

    func refined(_ projections: [MaskedProjection], _ statistics: Statistics) throws
      -> [WeightRole: Tensor]
    {
      try exchanged(projections) { row, gone in
        if let back = gone.first { row[back] = true }
      }
    }
  }

  /// Keeps the counts of rows, and not those of neighbours.
  struct OutOfPattern: Refiner {
    static let name = "out_of_pattern"
    static let summary = "Exchanges the ends of each row, whatever the pattern."
    let evidence: [any Evidence] = []
    let group = ComparisonGroup.row

    func refined(_ projections: [MaskedProjection], _ statistics: Statistics) throws
      -> [WeightRole: Tensor]
    {
      try exchanged(projections) { row, gone in
        guard let back = gone.last, let away = row.firstIndex(of: true) else { return }
        (row[back], row[away]) = (true, false)
      }
    }
  }

  /// Takes weights of the attention for some of the MLP, which are not compared with each other.
  struct AcrossModules: Refiner {
    static let name = "across_modules"
    static let summary = "Exchanges weights of the attention with those of the MLP."
    let evidence: [any Evidence] = [InputNorms()]
    let group = ComparisonGroup.module

    func refined(_ projections: [MaskedProjection], _ statistics: Statistics) throws
      -> [WeightRole: Tensor]
    {
      let attention = projections.filter { $0.id.role == .query }
      var (taken, given) = (false, false)
      let less = try exchanged(attention) { row, _ in
        guard !taken, let away = row.firstIndex(of: true) else { return }
        (row[away], taken) = (false, true)
      }
      let more = try exchanged(projections.filter { $0.id.role == .down }) { row, gone in
        guard !given, let back = gone.first else { return }
        (row[back], given) = (true, true)
      }
      return less.merging(more) { $1 }
    }
  }

  /// Takes no notice of what was gone before.
  struct Reviving: Refiner {
    static let name = "reviving"
    static let summary = "Brings back what an earlier pruning removed."
    let evidence: [any Evidence] = []
    let group = ComparisonGroup.row

    func refined(_ projections: [MaskedProjection], _ statistics: Statistics) throws
      -> [WeightRole: Tensor]
    {
      var masks: [WeightRole: Tensor] = [:]
      for projection in projections {
        guard let open = projection.open else { continue }
        masks[projection.id.role] = try exchanged(projection.mask, .!open) { row, gone in
          guard let back = gone.first, let away = row.firstIndex(of: true) else { return }
          (row[back], row[away]) = (true, false)
        }
      }
      return masks
    }
  }

  /// Masks in which each row was changed, given which of its weights are gone and may come back.
  private static func exchanged(
    _ projections: [MaskedProjection],
    _ exchange: (inout [Bool], [Int]) -> Void
  ) throws -> [WeightRole: Tensor] {
    var masks: [WeightRole: Tensor] = [:]
    for projection in projections {
      masks[projection.id.role] = try exchanged(projection.mask, projection.gone, exchange)
    }
    return masks
  }

  /// A mask in which each row was changed, given the places that another mask names in it.
  private static func exchanged(
    _ mask: Tensor,
    _ named: Tensor,
    _ exchange: (inout [Bool], [Int]) -> Void
  ) throws -> Tensor {
    let width = mask.shape[1]
    let (stays, isNamed) = (try mask.integers(), try named.integers())
    var changed: [Double] = []
    for start in stride(from: 0, to: stays.count, by: width) {
      var row = stays[start..<start + width].map { $0 != 0 }
      exchange(&row, (0..<width).filter { isNamed[start + $0] != 0 })
      changed += row.map { $0 ? 1.0 : 0.0 }
    }
    return try Tensor(changed, shape: mask.shape) .== 1
  }
}
