public import BillhookTorch

/// The products XᵀX of the inputs X of a projection with one another, over all tokens.
///
/// It keeps the factors that were asked for, so that projections with the same input, and their
/// criterion and their repair, share one factorisation.
///
/// Memory for an input of width n: 2·n² bytes (the upper triangle in f32), and 4·n² for each damping
/// that a factor was asked for; three matrices more, of 4·n² bytes each, while it is made. As much again
/// where the products are asked for in another order.
public final class Gram {
  /// What is added to the diagonal of XᵀX before it is factored.
  public enum Damping: Hashable, Sendable {
    /// The same for each input: this times the mean of the diagonal, without inputs that are dead.
    case mean(Double)
    /// For each input this times its own element of the diagonal.
    case own(Double)
  }

  /// The number of tokens.
  public let count: Int
  /// The number of inputs.
  public let width: Int
  private let strips: [Tensor]
  /// The sum of squares of each input: `[in]`.
  public let diagonal: Tensor
  /// The inputs that were 0 for all tokens, `[in]` in bool.
  ///
  /// Nothing is known about them: their element of the diagonal counts as 1 in factors, and what
  /// belongs to them is left alone by the others.
  public let isDead: Tensor
  private var factors: [Damping: Tensor] = [:]
  private var sorted: (order: Tensor, gram: Gram)?

  /// The products that observations left behind, in f32.
  convenience init(_ products: InputProducts) throws {
    try self.init(count: products.count, strips: products.strips.map { try $0.to(.float32) })
  }

  /// Products in the type in which they are to be factored.
  ///
  /// - Throws: `EvidenceError` for products that are not finite.
  init(count: Int, strips: [Tensor]) throws {
    self.count = count
    self.strips = strips
    width = strips.first?.shape.last ?? 0
    diagonal = try Tensor.joined(
      strips.map { strip in
        let rows = strip.shape[0]
        let places = try Tensor.arange(to: Double(rows), dtype: .int64, device: strip.device)
        return try strip.gathering(1, places.unsqueezed(1)).reshaped([rows])
      },
      along: 0
    )
    isDead = try diagonal .== 0
    // A product that is not finite makes the squares of its inputs so.
    guard try diagonal.allFinite() else {
      throw EvidenceError(evidence: InputGram().signature, "found inputs that are not finite")
    }
  }

  /// The upper triangular factor of the inverse.
  ///
  /// Where no Cholesky factor exists in this precision, ten times the damping is tried.
  ///
  /// - Parameters:
  ///   - damping: What λ is.
  ///   - note: Told of a damping that had to be raised.
  /// - Returns: U with UᵀU = (XᵀX + λ)⁻¹: `[in, in]`, which must not be changed.
  /// - Throws: `EvidenceError` when not even a high damping helps.
  public func inverseFactor(
    _ damping: Damping,
    note: (String) -> Void = { _ in }
  ) throws -> Tensor {
    if let known = factors[damping] { return known }
    var raised = damping
    for _ in 0..<8 {
      do {
        let factor = try InverseFactor.upper(of: strips, adding: added(raised))
        factors[damping] = factor
        if raised != damping {
          note("have no Cholesky factor with a damping of \(damping); \(raised) is used")
        }
        return factor
      } catch let error as TorchError where error.operation == InverseFactor.operation {
        raised = raised.raised
      }
    }
    throw EvidenceError(
      evidence: InputGram().signature,
      "has no Cholesky factor, not even with a damping of \(raised)"
    )
  }

  /// The inputs by their sums of squares, the largest first, and their products in that order.
  ///
  /// They are kept as well, for all projections with the same input.
  ///
  /// - Returns: The inputs in order, `[in]` in int64, and the products.
  /// - Throws: `EvidenceError` as the initialiser.
  public func byDescendingSquares() throws -> (order: Tensor, gram: Gram) {
    if let sorted { return sorted }
    let order = try diagonal.sorted(descending: true).positions
    let (type, device) = (diagonal.dtype, diagonal.device)
    let whole = try Tensor.zeros([width, width], dtype: type, device: device)
    for (rows, strip) in zip(InputProducts.rows(of: width), strips) {
      let rest = rows.lowerBound..<width
      try whole.narrowed(0, to: rows).narrowed(1, to: rest).copy(from: strip)
      // What lies below these rows is what lies beside them, turned over.
      try whole.narrowed(0, to: rest).narrowed(1, to: rows).copy(from: strip.transposed(0, 1))
    }
    let turned = try whole.selecting(0, order).selecting(1, order)
    let parts = try InputProducts.rows(of: width).map { rows in
      try turned.narrowed(0, to: rows).narrowed(1, to: rows.lowerBound..<width).contiguous()
    }
    let found = (order: order, gram: try Gram(count: count, strips: parts))
    sorted = found
    return found
  }

  /// What a damping adds to the diagonal: `[in]`.
  private func added(_ damping: Damping) throws -> Tensor {
    let one = try Tensor.full([], 1, dtype: diagonal.dtype, device: diagonal.device)
    switch damping {
    case .mean(let fraction):
      let dead = try isDead.to(.int64).sum().scalar()
      let mean = try diagonal.sum(dtype: .float64).scalar() / max(1, Double(width) - dead)
      return try isDead.choosing(one, else: one * (fraction * mean))
    case .own(let fraction): return try isDead.choosing(one, else: diagonal * fraction)
    }
  }
}

extension Gram.Damping: CustomStringConvertible {
  /// The fraction.
  public var description: String {
    switch self {
    case .mean(let fraction), .own(let fraction): "\(fraction)"
    }
  }

  /// Ten times as much; of nothing, a little.
  fileprivate var raised: Self {
    func raised(_ fraction: Double) -> Double { fraction == 0 ? 1e-6 : 10 * fraction }
    return switch self {
    case .mean(let fraction): .mean(raised(fraction))
    case .own(let fraction): .own(raised(fraction))
    }
  }
}
