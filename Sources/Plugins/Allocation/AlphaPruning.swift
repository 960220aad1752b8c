import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Shares by the shape of spectra: the heavier the tail of a spectrum, the better trained the matrix, and
/// the less goes of it.
///
/// Source: Lu et al., AlphaPruning, 2024, arXiv 2410.10912.
struct AlphaPruning: MatrixAllocation {
  static let name = "alpha_pruning"
  static let summary = "More goes where spectra have lighter tails (AlphaPruning); needs no data."

  static let reference: Reference? = Reference(
    formula: """
      α = 1 + n / (Σ_{k≥i} ln λ_k - n ln λ_i),  n = N - i    (Hill)
      s = η · ((α - min α) / (max α - min α) · 2ε + 1 - ε)

      λ: the N squared singular values of a projection, from the smallest up
      fit = middle: i = N/2
      fit = peak:   of the λ_i up to 1.5 p, the one with the smallest
                    max_k |1 - (λ_k/λ_i)^(1-α) - (k-i)/n|;
                    p: lower edge of the fullest of 100 bins of log₁₀ λ
      α of a block: the mean of its projections
      η: makes the mean of s over all weights the amount; no s is above `most`
      """,
    papers: [.alphaPruning],
    differences: [
      "`fit = peak` is the default of the code; there λ_i is compared with log₁₀(0.95 p) from below, which "
        + "bounds little or nothing. `bound = meant` compares it with 0.95 p.",
      "The code takes singular values in f32 and keeps zeros; here they are eigenvalues of the smaller "
        + "Gram matrix in f64, and what is zero to rounding is left out.",
      "The code has no `most`, and may ask for more than all of a block.",
      "The least and the greatest α are those of all blocks of the model, kept ones too.",
    ]
  )

  /// From where on a spectrum is taken for a power law.
  enum Fit: String, Choice {
    /// From where it is nearest to one, about the peak of the spectrum.
    case peak
    /// From the median.
    case middle
  }

  /// The least eigenvalue from which a power law is tried.
  enum Bound: String, Choice {
    /// log₁₀ of 0.95 times the one at the peak, as the authors' code has it.
    case shipped
    /// 0.95 times the one at the peak.
    case meant
  }

  /// From where on a spectrum is taken for a power law.
  var fit = Fit.peak
  /// The least eigenvalue that is tried.
  var bound = Bound.shipped
  /// What gets a share of its own.
  var level = ShareLevel.block
  /// How far shares lie from 1 at most, before they are scaled to the amount.
  var epsilon = 0.3
  /// The largest part of a block or a matrix that goes.
  var most = 0.95

  static let parameters = [
    Parameter<AlphaPruning>(
      "fit",
      \.fit,
      help: "from where on a spectrum is taken for a power law"
    ),
    Parameter("bound", \.bound, help: "the least eigenvalue that `fit = peak` tries"),
    Parameter("level", \.level, help: "what gets a share of its own"),
    Parameter(
      "epsilon",
      \.epsilon,
      in: 0...1,
      help: "how far shares lie from 1 at most, before they are scaled to the amount"
    ),
    Parameter(
      "most",
      \.most,
      in: 0.01...1,
      help: "the largest part of a block or a matrix that goes"
    ),
  ]

  var evidence: [any Evidence] { [Spectra()] }

  /// The mean exponents of blocks, mapped to shares.
  func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double] {
    let matrices = try statistics.weights(of: Spectra())
    let blocks = Dictionary(grouping: matrices) { $0.block ?? 0 }
      .filter { (0..<count).contains($0.key) }.sorted { $0.key < $1.key }
    let means = try blocks.map { _, matrices in
      try matrices.reduce(0) { $0 + (try exponent(of: $1, statistics)) } / Double(matrices.count)
    }
    var shares = [Double](repeating: 0, count: count)
    for (block, share) in zip(blocks, mapped(means)) { shares[block.key] = share }
    return shares
  }

  /// The exponents of matrices, mapped to shares.
  func shares(ofMatrices matrices: [WeightID], _ statistics: Statistics) throws -> [Double] {
    mapped(try matrices.map { try exponent(of: $0, statistics) })
  }

  /// The exponent of a projection's spectrum.
  func exponent(of id: WeightID, _ statistics: Statistics) throws -> Double {
    let spectrum = try statistics.result(of: Spectra(), ofWeight: id)
    guard let exponent = exponent(of: spectrum.eigenvalues) else {
      let hasMiddle = PowerLaw(spectrum.eigenvalues).exponentFromMiddle() != nil
      throw BudgetError(
        "`allocate alpha_pruning`: the spectrum of \(id) is no power law: it has "
          + "\(spectrum.eigenvalues.count) eigenvalues above 0, and they do not fall from there; use "
          + (fit == .peak && hasMiddle ? "`fit = middle` or " : "") + "`allocate uniform`"
      )
    }
    return exponent
  }

  /// The exponent of a spectrum with values above 0, from the smallest up; nil where there is none.
  func exponent(of eigenvalues: [Double]) -> Double? {
    let law = PowerLaw(eigenvalues)
    return switch fit {
    case .middle: law.exponentFromMiddle()
    case .peak:
      law.exponentFromPeak { peak in
        bound == .shipped ? log10(0.95 * peak) : 0.95 * peak
      }
    }
  }

  /// Exponents as shares from 1 - ε to 1 + ε; all 1 where they are equal.
  func mapped(_ exponents: [Double]) -> [Double] {
    guard let least = exponents.min(), let greatest = exponents.max(), least < greatest else {
      return exponents.map { _ in 1 }
    }
    return exponents.map { ($0 - least) / (greatest - least) * 2 * epsilon + 1 - epsilon }
  }
}
