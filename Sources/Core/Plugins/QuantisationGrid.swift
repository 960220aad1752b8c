import BillhookModels
public import BillhookTorch

/// The numbers that codes can stand for in each row of some columns: scale · (code - zero).
///
/// Scales are rounded before anything is measured by them, as they are stored: to f16, and before that to
/// the type of the weights, so that programs that load them in either type have the same scales.
public struct QuantisationGrid {
  /// The scale of each row, `[out]` in f32.
  public let scale: Tensor
  /// The code of zero in each row, `[out]` in f32.
  public let zero: Tensor
  private let largest: Double

  private static let smallestScale = 0x1p-24

  /// The grid that spans the numbers of each row, and holds 0.
  ///
  /// Where all is 0, or too small for a scale, it is the smallest one that f16 has, 2⁻²⁴.
  ///
  /// Symmetric: scale = 2 · max |w| / (2^bits - 1), and zero is 2^(bits - 1). Otherwise, with the lowest
  /// number m ≤ 0 and the highest M ≥ 0: scale = (M - m) / (2^bits - 1), zero = round(-m / scale).
  ///
  /// - Parameters:
  ///   - columns: The numbers, `[columns, out]`.
  ///   - scheme: How codes are made.
  ///   - dtype: The type of the weights.
  /// - Throws: `TorchError` for other shapes.
  init(of columns: Tensor, _ scheme: QuantisationScheme, _ dtype: DType) throws {
    largest = Double(scheme.largestCode)
    let none = try Tensor.zeros([], dtype: columns.dtype, device: columns.device)
    var (low, high): (Tensor, Tensor)
    if scheme.isSymmetric {
      high = try columns.abs().max(0)
      low = try -high
    } else {
      let (most, least) = try (columns.max(0), -((-columns).max(0)))
      high = try (most .< 0).choosing(none, else: most)
      low = try (least .< 0).choosing(least, else: none)
    }
    let steps = try Tensor.full([], largest, dtype: columns.dtype, device: columns.device)
    let span = try (high - low) / steps
    let stored = try span.to(dtype).to(.float16).to(columns.dtype)
    scale = try (stored .== 0).choosing(
      Tensor.full([], Self.smallestScale, dtype: stored.dtype, device: stored.device),
      else: stored
    )
    zero =
      scheme.isSymmetric
      ? try Tensor.full(
        scale.shape,
        Double(scheme.middle),
        dtype: scale.dtype,
        device: scale.device
      ) : try Self.limited((-low / scale).rounded(), to: largest)
  }

  /// The nearest codes: `[columns, out]`, as whole numbers in f32.
  public func codes(of columns: Tensor) throws -> Tensor {
    try Self.limited((columns / scale).rounded() + zero, to: largest)
  }

  /// What codes stand for: `[columns, out]`.
  public func values(of codes: Tensor) throws -> Tensor { try (codes - zero) * scale }

  /// The nearest numbers of the grid: `[columns, out]`.
  public func nearest(_ columns: Tensor) throws -> Tensor { try values(of: codes(of: columns)) }

  /// How many numbers are further than a step from all that codes can stand for: a count in f64.
  ///
  /// - Parameters:
  ///   - columns: The numbers, `[columns, out]`.
  ///   - nearest: What `nearest` makes of them.
  ///   - places: Where they count, in bool; nil for everywhere.
  /// - Returns: The count; what is not a number counts as well.
  /// - Throws: `TorchError` for other shapes.
  public func countBeyond(
    _ columns: Tensor,
    nearest: Tensor,
    among places: Tensor? = nil
  ) throws -> Tensor {
    let isBeyond = try .!((columns - nearest).abs() .<= scale)
    return try (places.map { try isBeyond .& $0 } ?? isBeyond).sum(dtype: .float64)
  }

  private static func limited(_ codes: Tensor, to largest: Double) throws -> Tensor {
    let lowest = try Tensor.zeros([], dtype: codes.dtype, device: codes.device)
    let highest = try Tensor.full([], largest, dtype: codes.dtype, device: codes.device)
    let above = try (codes .< 0).choosing(lowest, else: codes)
    return try (above .<= largest).choosing(above, else: highest)
  }
}
