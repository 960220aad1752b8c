import BillhookCore

/// Shares by outliers: the more weights of a block stand out by their size and their input, the less goes
/// of it.
///
/// Source: Yin et al., OWL, 2023, arXiv 2310.05175.
struct OutlierWeighed: ProportionalAllocation {
  static let name = "owl"
  static let summary = "Less goes from blocks with more outliers (OWL)."

  static let reference: Reference? = Reference(
    formula: """
      D = share of A_ij > M · mean(A),  A_ij = |W_ij| · ‖x_j‖₂
      s = S - 2λ · (D' - mean(D')),     D' = (D - min D) / (max D - min D)

      A: the values of all projections of a block, M: `levels`, λ: `lambda`
      S: the part of all that goes
      """,
    papers: [.owl.part("section 3")],
    differences: [
      "As in the code, least and greatest ratio come to lie 2λ apart, and the mean is the amount; so "
        + "one of them may lie more than λ from it.",
      "The mean is over what may go, not over blocks, which is the same where blocks are alike; least and "
        + "greatest ratio are those of blocks in which something may go.",
      "Where s would be below 0 nothing goes, and the other blocks lose so much less. In the code such a "
        + "block loses 1 %, and the others what they would lose anyway.",
      "The code does not look whether s is above 1. Here a block whose single weights would all go is an "
        + "error; of heads and channels a block loses what it can, and the other blocks the rest, in "
        + "proportion to their s.",
    ]
  )

  /// How many times the mean of its block an outlier is.
  var levels = 5.0
  /// How far the parts of blocks lie from the amount.
  var lambda = 0.08

  static let parameters = [
    Parameter<OutlierWeighed>(
      "levels",
      \.levels,
      in: 0...,
      help: "how many times the mean of its block an outlier is"
    ),
    Parameter(
      "lambda",
      \.lambda,
      in: 0...0.5,
      help:
        "half the distance between the parts that go of the blocks with the fewest outliers and "
        + "the most"
    ),
  ]

  private var ratio: OutlierRatio { OutlierRatio(levels: levels) }

  var evidence: [any Evidence] { [ratio] }

  /// What is no outlier, of each block.
  func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double] {
    var shares = [Double](repeating: 0, count: count)
    for block in try statistics.blocks(of: ratio) where block < count {
      shares[block] = 1 - (try statistics.result(of: ratio, inBlock: block))
    }
    return shares
  }

  /// The parts that go, 2λ from the least to the greatest, whose mean is the amount.
  func shares(_ shares: [Double], sizes: [Double], for amount: Double) -> [Double] {
    let open = shares.indices.filter { sizes[$0] > 0 }
    let all = open.map { shares[$0] }
    guard let least = all.min(), let greatest = all.max(), least < greatest else {
      return shares.map { _ in amount }
    }
    func place(_ share: Double) -> Double { (share - least) / (greatest - least) }
    let size = open.reduce(0) { $0 + sizes[$1] }
    let mean = open.reduce(0) { $0 + sizes[$1] * place(shares[$1]) } / size
    return shares.indices.map { index in
      sizes[index] > 0 ? max(0, amount + 2 * lambda * (place(shares[index]) - mean)) : 0
    }
  }
}
