public import BillhookModels
import BillhookTorch

/// How the values of the weights of a unit become its score.
public struct SaliencyReduction: Sendable, Equatable {
  /// How several numbers become one.
  public enum Method: String, Choice {
    /// Their sum, mean, largest or product.
    case sum, mean, max, product
    /// The root of the sum of squares.
    case l2
  }

  /// Whether the sum of a row, or of a column that belongs to a unit, keeps its sign.
  public enum Sign: Sendable, Equatable {
    /// The sum as it is.
    case kept
    /// The sum without its sign.
    case dropped
  }

  /// The kinds of weights that count; others are cut with the unit, but do not count.
  public var kinds: Set<WeightRole.Kind>
  /// Whether the sum of each row, or column, keeps its sign.
  public var sign: Sign
  /// The reduction inside a weight: of a matrix, the rows or columns that belong to a unit are
  /// summed, and this makes one number of the sums; of a vector, it makes one number of the unit's
  /// elements.
  public var inside: Method
  /// The reduction over the weights of a unit.
  public var over: Method
  /// Whether the numbers that one weight gives the units of a block are divided by their L2 norm, so that
  /// no weight outweighs the others.
  public var isNormalised: Bool

  /// The sum over projections and norms, unless said otherwise.
  public init(
    kinds: Set<WeightRole.Kind> = [.projection, .norm],
    sign: Sign = .kept,
    inside: Method = .sum,
    over: Method = .sum,
    normalised isNormalised: Bool = false
  ) {
    self.kinds = kinds
    self.sign = sign
    self.inside = inside
    self.over = over
    self.isNormalised = isNormalised
  }

  /// One number for each unit from the values of one weight, gathered in f64: `[units]`.
  ///
  /// - Parameters:
  ///   - saliency: The values, in the weight's shape.
  ///   - slice: The part of the weight that belongs to each unit.
  ///   - count: The number of units.
  /// - Returns: As many numbers.
  /// - Throws: What libtorch refuses.
  func reduce(_ saliency: Tensor, _ slice: Slice, units count: Int) throws(TorchError) -> Tensor {
    let across = 1 - (slice.dimension ?? 0)
    var sums =
      saliency.shape.count > 1
      ? try saliency.sum([across], dtype: .float64) : try saliency.to(.float64)
    if sign == .dropped { sums = try sums.abs() }
    let numbers = try inside.applied(to: sums.reshaped([count, -1]), 1)
    // Where all are zero, they stay so.
    return isNormalised ? try numbers / (numbers.norm() + 1e-8) : numbers
  }

  /// One number for each unit from the numbers of its weights, each `[units]`; nil without any.
  func combine(_ values: [Tensor]) throws(TorchError) -> Tensor? {
    guard !values.isEmpty else { return nil }
    let rows = try values.map { (value) throws(TorchError) in try value.unsqueezed(0) }
    return try over.applied(to: Tensor.joined(rows, along: 0), 0)
  }
}

extension SaliencyReduction.Method {
  fileprivate func applied(to values: Tensor, _ dimension: Int) throws(TorchError) -> Tensor {
    switch self {
    case .sum: try values.sum([dimension])
    case .mean: try values.mean([dimension])
    case .max: try values.max(dimension)
    case .product: try values.product(dimension)
    case .l2: try values.pow(2).sum([dimension]).pow(0.5)
    }
  }
}
