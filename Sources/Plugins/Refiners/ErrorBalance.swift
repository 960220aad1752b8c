import BillhookCore

/// Rows of a projection whose masks are changed until what is gone adds nothing to their mean output.
struct ErrorBalance {
  /// What enters the projection.
  struct Inputs {
    /// The sum of each input over the tokens of a window, as a mean over windows: `[in]`.
    let sums: Tensor
    /// The variance of each input inside a window, to the power by which gains are divided: `[in]`.
    let variances: Tensor
    /// The norm of each input over all tokens: `[in]`.
    let norms: Tensor
  }

  /// What stays, `[rows, in]` in bool.
  private(set) var mask: Tensor
  /// What the weights that are gone would add to the output of each row: `[rows]` in f64.
  private(set) var errors: Tensor

  /// What each weight adds to the output of its row: `[rows, in]`.
  private let contributions: Tensor
  /// The positions of what can come back, in the order of gain, and how many there are in a row.
  private let returning: (positions: Tensor, count: Tensor)
  /// The positions of what can go, the least important first: those that add less than 0, and more.
  private let leaving: (negative: Order, positive: Order)

  private typealias Order = (positions: Tensor, count: Tensor)

  /// Puts what can be exchanged in order.
  ///
  /// - Parameters:
  ///   - weight: The weights, `[rows, in]` in f32.
  ///   - mask: What stays of them, in bool.
  ///   - gone: What is gone and may come back.
  ///   - inputs: What enters.
  /// - Throws: `TorchError` from libtorch.
  init(_ weight: Tensor, mask: Tensor, gone: Tensor, _ inputs: Inputs) throws {
    self.mask = mask
    contributions = try weight * inputs.sums
    let none = try Tensor.zeros([], dtype: .float32, device: weight.device)
    errors = try gone.choosing(contributions, else: none).sum([1], dtype: .float64)
    let gains = try contributions / inputs.variances
    // An input that is 0 for all tokens gains nothing, and has no variance either.
    let real = try (gains .== gains).choosing(gains, else: none)
    returning = try Self.order(real, where: gone)
    let importance = try weight.abs() * inputs.norms
    leaving = (
      negative: try Self.order(importance, where: mask .& (contributions .< 0)),
      positive: try Self.order(importance, where: mask .& .!(contributions .<= 0))
    )
  }

  /// The positions of some values of each row, the least value first, and their number in each row.
  private static func order(_ values: Tensor, where chosen: Tensor) throws -> Order {
    let last = try Tensor.full([], .infinity, dtype: values.dtype, device: values.device)
    let positions = try chosen.choosing(values, else: last).sorted(1).positions
    return (positions, try chosen.sum([1], dtype: .int64).unsqueezed(1))
  }

  /// Exchanges weights in each row until its error is small enough, or nothing is left to exchange.
  ///
  /// - Parameters:
  ///   - cycles: The most exchanges in a row.
  ///   - threshold: The error at which a row is left as it is.
  ///   - sameSign: Whether an exchange that would turn the sign of the error ends the row.
  ///   - pattern: The pattern that holds, with which `sameSign` always does; nil for none.
  ///   - values: The importance by which the partner is found inside a pattern.
  /// - Throws: `TorchError` from libtorch.
  mutating func settle(
    cycles: Int,
    threshold: Double,
    sameSign: Bool,
    pattern: SparsityPattern?,
    values: Tensor?
  ) throws {
    errors = try errors.unsqueezed(1)
    let wasPositive = try .!(errors .<= 0)
    let wasNegative = try errors .< 0
    // The places of the next weights in each order.
    let start = try Tensor.zeros(errors.shape, dtype: .int64, device: errors.device)
    var least = start
    var greatest = try returning.count - Tensor([1]).to(device: start.device)
    var (negative, positive) = (start, start)
    var isOpen = try .!(errors.abs() .<= threshold)
    for _ in 0..<cycles {
      guard try isOpen.sum([], dtype: .int64).integers() != [0] else { break }
      let isPositive = try .!(errors .<= 0)
      isOpen = try isOpen .& (least .<= greatest)
      var place = try isOpen.choosing(isPositive.choosing(greatest, else: least), else: start)
      let back = try returning.positions.gathering(1, place)
      let away: Tensor
      if let pattern, let values {
        away = try partner(of: back, pattern, values)
      } else {
        isOpen = try isOpen
          .& isPositive.choosing(negative .< leaving.negative.count, else: positive .< leaving.positive.count)
        place = try isOpen.choosing(isPositive.choosing(negative, else: positive), else: start)
        away = try isPositive.choosing(
          leaving.negative.positions.gathering(1, place),
          else: leaving.positive.positions.gathering(1, place)
        )
      }
      let taken = try contributions.gathering(1, away).to(.float64)
      let given = try contributions.gathering(1, back).to(.float64)
      let after = try errors + taken - given
      if sameSign || pattern != nil {
        let keepsSign = try wasPositive.choosing(.!(after .<= 0), else: wasNegative .& (after .< 0))
        isOpen = try isOpen .& keepsSign
      }
      mask = try mask.scattering(1, away, from: mask.gathering(1, away) .& .!isOpen)
      mask = try mask.scattering(1, back, from: mask.gathering(1, back) .| isOpen)
      errors = try isOpen.choosing(after, else: errors)
      let step = try isOpen.to(.int64)
      let none = start
      let rises = try isPositive.choosing(step, else: none)
      let falls = try isPositive.choosing(none, else: step)
      greatest = try greatest - rises
      negative = try negative + rises
      least = try least + falls
      positive = try positive + falls
      isOpen = try isOpen .& .!(errors.abs() .<= threshold)
    }
    errors = try errors.reshaped([-1])
  }

  /// The positions of the least important weights that stay among the neighbours of others.
  private func partner(
    of positions: Tensor,
    _ pattern: SparsityPattern,
    _ values: Tensor
  ) throws -> Tensor {
    let (size, width) = (pattern.size, values.shape[1])
    // The neighbours of every position: `[width, size]`.
    let groups = try Tensor(
      (0..<width).flatMap { place in (0..<size).map { place / size * size + $0 } },
      shape: [width, size]
    )
    let neighbours = try groups.to(device: values.device)
      .selecting(0, positions.reshaped([-1]))
    let last = try Tensor.full([], .infinity, dtype: values.dtype, device: values.device)
    let least = try mask.gathering(1, neighbours)
      .choosing(values.gathering(1, neighbours), else: last)
      .smallest(1, along: 1).position.unsqueezed(1)
    return try neighbours.gathering(1, least)
  }
}
