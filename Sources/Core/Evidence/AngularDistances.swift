public import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The angles between the hidden states of each window's last token at all places between blocks.
///
/// Source: Gromov et al., The Unreasonable Ineffectiveness of the Deeper Layers, 2024,
/// arXiv 2403.17887, equation 8: the mean over samples of arccos(cosine) / π.
public struct AngularDistances: TrajectoryEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "angular_distances"
  /// What it measures.
  public static let summary = "The angle between the last token's states at all places of a model."

  /// No settings.
  public init() {}

  /// Distances summed over windows.
  public struct Sums: Sendable, Equatable, TensorBundle {
    /// By the place where the span begins, and where it ends: before a block, or after the last.
    var sums: [[Double]]
    var count: Int

    init(sums: [[Double]], count: Int) {
      self.sums = sums
      self.count = count
    }

    /// The sums in f64, `[places, places]`, and the number of windows.
    public var tensors: [String: Tensor] {
      get throws {
        [
          "sums": try Tensor(Array(sums.joined()), shape: [sums.count, sums.count]),
          "count": try Tensor([count]),
        ]
      }
    }

    /// What `tensors` gave.
    public init(tensors: [String: Tensor]) throws {
      let sums = try tensors.require("sums")
      let places = sums.shape.first ?? 0
      guard sums.shape == [places, places] else {
        throw BundleError("expected sums for each two places, found the shape \(sums.shape)")
      }
      let numbers = try sums.doubles()
      self.sums = (0..<places).map { Array(numbers[$0 * places..<($0 + 1) * places]) }
      count = try tensors.integer("count")
    }
  }

  /// The distances of one batch.
  public func observe(_ states: [Tensor]) throws -> Sums {
    let rows = try states.map { try $0.unsqueezed(1) }
    let all = try Tensor.joined(rows, along: 1).to(.float64)
    let norms = try all.pow(2).sum([-1]).pow(0.5)
    let products = try all.matmul(all.transposed(1, 2)).doubles()
    let lengths = try norms.doubles()
    let (places, windows) = (states.count, all.shape[0])
    var sums = [[Double]](repeating: [Double](repeating: 0, count: places), count: places)
    for window in 0..<windows {
      for start in 0..<places {
        for end in start + 1..<max(places, start + 1) {
          let product = products[(window * places + start) * places + end]
          let scale = lengths[window * places + start] * lengths[window * places + end]
          sums[start][end] += Self.angle(product, scale) / .pi
        }
      }
    }
    return Sums(sums: sums, count: windows)
  }

  /// The angle of two states in radians, by their product and that of their lengths; NaN where one
  /// of them is no number, for `min` and `max` would make a number of it.
  private static func angle(_ product: Double, _ scale: Double) -> Double {
    guard product.isFinite, scale.isFinite else { return .nan }
    // A state of zeros has no direction; it counts as turned by a right angle. Rounding may lead
    // beyond 1, where there is no angle.
    return acos(scale > 0 ? min(1, max(-1, product / scale)) : 0)
  }

  /// The sums over the windows of both.
  public func merge(_ one: Sums, _ other: Sums) throws -> Sums {
    Sums(
      sums: zip(one.sums, other.sums).map { zip($0, $1).map(+) },
      count: one.count + other.count
    )
  }

  /// The mean distances, by the places where a span begins and ends.
  public func finish(_ partial: Sums) throws -> [[Double]] {
    partial.sums.map { $0.map { $0 / Double(partial.count) } }
  }
}
