import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The angle between the hidden states before and after neighbouring blocks, in parts of π, for the
/// last token of each window.
///
/// The span with the smallest angle goes as a whole, unless `together = false`: then the blocks with
/// the smallest angles of their own. Source: Gromov et al., The Unreasonable Ineffectiveness of the
/// Deeper Layers, 2024, arXiv 2403.17887, section 3.
struct AngularDistance: SpanCriterion {
  static let name = "angular_distance"
  static let summary = "The angle between the states around neighbouring blocks, which go together."

  static let reference: Reference? = Reference(
    formula: """
      d(l, n) = mean over windows of arccos(cos(h_l, h_(l+n))) / π

      h_l: hidden state of a window's last token before block l
      The span of n blocks with the least d(l, n) goes.
      """,
    papers: [.deeperLayers.part("section 3, equation 8")],
    differences: [
      "The paper removes neighbours. `together = false` ranks blocks by d(l, 1) instead, "
        + "each for itself.",
      "PruneMe, a widely used implementation, never considers a span that begins at block "
        + "0, and loads the model in 4 bits. Here every span is considered that `keep` "
        + "allows, in the arithmetic of the recipe.",
    ]
  )

  /// Whether all blocks that go are neighbours.
  var together = true

  static let parameters = [
    Parameter<AngularDistance>(
      "together",
      \.together,
      help: "remove neighbours, the span with the smallest angle"
    )
  ]

  private var states: LastTokenStates { LastTokenStates() }

  var evidence: [any Evidence] { [states] }

  var granularities: Set<UnitGranularity> { [.block] }

  var isTogether: Bool { together }

  /// The angle around each block alone.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    try spanScores(of: units, statistics).map { $0.first ?? 0 }
  }

  /// The angles between the states before a block and after it or a later one.
  func spanScores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [[Double]] {
    let blocks = try units.map { try statistics.result(of: states, inBlock: $0.block) }
    guard let last = blocks.last else { return [] }
    guard blocks.allSatisfy({ $0.count == last.count }) else {
      throw DataError("the blocks were not all shown the same windows")
    }
    var sums = [[Double]](repeating: [], count: units.count)
    var windows = 0
    // The order of a sum decides its last bits: windows are added up batch by batch, as other evidence
    // is, and as all scores were before.
    for batch in last.indices {
      let entering = try blocks.map { try $0[batch].narrowed(1, to: 0..<1) }
      let leaving = try last[batch].narrowed(1, to: 1..<2)
      let angles = try Self.angles(Tensor.joined(entering + [leaving], along: 1))
      sums = batch == 0 ? angles : zip(sums, angles).map { zip($0, $1).map(+) }
      windows += leaving.shape[0]
    }
    return sums.map { $0.map { $0 / Double(windows) } }
  }
}

// MARK: Angles

extension AngularDistance {
  /// The angles between the states of some windows, in parts of π.
  ///
  /// - Parameter states: Before each block and after the last: `[windows, places, hidden]`.
  /// - Returns: For each place but the last, the angle to the next, to the one after it, and so on,
  ///   summed over the windows.
  /// - Throws: What libtorch refuses.
  static func angles(_ states: Tensor) throws -> [[Double]] {
    let all = try states.to(.float64)
    let lengths = try all.pow(2).sum([-1]).pow(0.5).doubles()
    let products = try all.matmul(all.transposed(1, 2)).doubles()
    let (windows, places) = (states.shape[0], states.shape[1])
    return (0..<max(0, places - 1)).map { start in
      (start + 1..<places).map { end in
        (0..<windows).reduce(0) { sum, window in
          let product = products[(window * places + start) * places + end]
          let scale = lengths[window * places + start] * lengths[window * places + end]
          return sum + angle(product, scale) / .pi
        }
      }
    }
  }

  /// The angle of two states in radians, by their product and that of their lengths; NaN where one
  /// of them is no number, for `min` and `max` would make a number of it.
  private static func angle(_ product: Double, _ scale: Double) -> Double {
    guard product.isFinite, scale.isFinite else { return .nan }
    // A state of zeros has no direction; it counts as turned by a right angle. Rounding may lead
    // beyond 1, where there is no angle.
    return acos(scale > 0 ? min(1, max(-1, product / scale)) : 0)
  }
}
