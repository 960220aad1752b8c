public import BillhookModels
import BillhookTorch

/// How the values of the weights of a unit become its score.
public struct SaliencyReduction: Sendable, Equatable {
  /// A way to make one number of several.
  public enum Method: String, Choice {
    case sum, mean, max, product
    /// The root of the sum of squares.
    case l2
  }

  /// The kinds of weights that count; others are cut with the unit, but have no say.
  public var kinds: Set<WeightRole.Kind>
  /// Inside a matrix: rows are summed, then this makes one number of the rows' sums; inside a
  /// vector, of its elements.
  public var inside: Method
  /// Over the weights of a unit.
  public var over: Method

  /// The sum over projections and norms, unless said otherwise.
  public init(
    kinds: Set<WeightRole.Kind> = [.projection, .norm],
    inside: Method = .sum,
    over: Method = .sum
  ) {
    self.kinds = kinds
    self.inside = inside
    self.over = over
  }

  /// One number for the values of one weight, gathered in f64.
  func reduce(_ saliency: Tensor) throws -> Double {
    let rows =
      saliency.shape.count > 1
      ? try saliency.sum([1], dtype: .float64) : try saliency.to(.float64)
    let reduced =
      switch inside {
      case .sum: try rows.sum()
      case .mean: try rows.mean()
      case .max: try rows.max()
      case .product: try rows.product()
      case .l2: try rows.pow(2).sum().pow(0.5)
      }
    return try reduced.scalar()
  }

  /// One number for the numbers of a unit's weights; none for a unit without such weights.
  func combine(_ values: [Double]) -> Double? {
    guard let largest = values.max() else { return nil }
    // A maximum would hide a value that is no number.
    if let fault = values.first(where: \.isNaN) { return fault }
    return switch over {
    case .sum: values.reduce(0, +)
    case .mean: values.reduce(0, +) / Double(values.count)
    case .max: largest
    case .product: values.reduce(1, *)
    case .l2: values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }
}
