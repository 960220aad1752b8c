import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// The squared singular values of a projection: the eigenvalues of WᵀW, or of WWᵀ where that is smaller.
public struct Spectra: WeightEvidence {
  /// The name that declarations are listed under.
  public static let name = "spectra"
  /// What it measures.
  public static let summary = "The squared singular values of each projection."

  /// No settings.
  public init() {}

  /// The eigenvalues of the smaller Gram matrix, in f64: products of f32 are exact there, and small
  /// eigenvalues are not lost beside large ones as they would be in f32.
  public func observe(_ weight: Tensor, _ id: WeightID) throws -> [Double] {
    let wide = try weight.to(.float64)
    let turned = try wide.transposed(0, 1)
    let gram =
      weight.shape[0] <= weight.shape[1] ? try wide.matmul(turned) : try turned.matmul(wide)
    return try gram.symmetricEigenvalues().doubles()
  }

  /// The values of both, from the smallest up.
  public func merge(_ one: [Double], _ other: [Double]) -> [Double] { (one + other).sorted() }

  /// The eigenvalues.
  public func finish(_ partial: [Double]) -> Spectrum { Spectrum(partial) }

  /// The matrix in f64, its Gram matrix, and a copy that the solver works in.
  public func bytes(for shape: [Int]) -> Int {
    let side = shape.min() ?? 0
    return 8 *| (shape.reduce(1, *) +| 2 *| side *| side)
  }
}

/// The eigenvalues of a Gram matrix, as far as they are above what rounding makes of zero.
public struct Spectrum: Sendable, Equatable {
  /// The eigenvalues from the smallest up, all of them above 0.
  public let eigenvalues: [Double]

  /// Takes what eigenvalues are above the rounding of the largest: as many units in its last place as
  /// there are eigenvalues.
  public init(_ eigenvalues: [Double]) {
    let least = (eigenvalues.max() ?? 0) * Double(eigenvalues.count) * Double.ulpOfOne
    self.eigenvalues = eigenvalues.filter { $0 > least && $0 > 0 }.sorted()
  }
}
