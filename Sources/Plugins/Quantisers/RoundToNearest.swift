import BillhookCore

/// Rounds each weight to the nearest number that a code can stand for.
struct RoundToNearest: Quantiser {
  static let name = "round"
  static let summary = "Each weight becomes the nearest code; nothing is measured."

  static let reference: Reference? = Reference(
    formula: """
      q = round(w / scale) + zero, between 0 and 2^bits - 1

      symmetric: scale = 2 · max |w| / (2^bits - 1), zero = 2^(bits - 1)
      otherwise: scale = (max(w, 0) - min(w, 0)) / (2^bits - 1),
      zero = round(-min(w, 0) / scale)
      over each group of inputs of a row
      """,
    papers: [.gptq.part("section 4, the baseline RTN")],
    differences: [
      "Scales are rounded as they are stored before codes are chosen by them; where all is 0, or too small "
        + "for a scale, it is the smallest one that f16 has, 2⁻²⁴."
    ]
  )

  func quantised(
    _ projection: UnquantisedProjection,
    _ statistics: Statistics
  ) throws -> QuantisedMatrix {
    let columns = try projection.weight.transposed(0, 1).contiguous()
    let grids = try projection.groups.map { try projection.grid(of: columns.narrowed(0, to: $0)) }
    return try projection.matrix(of: columns, grids)
  }
}
