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

  /// What is exchanged while an error has one sign.
  private struct Side {
    /// What comes back, the greatest gain first.
    let returning: Order
    /// What goes, the least important first.
    let leaving: Order
  }

  /// The positions of some weights of each row in an order, `[rows, in]`, of which the first ones count.
  private struct Order {
    let positions: Tensor
    /// How many of each row count, `[rows, 1]`.
    let count: Tensor

    /// Puts the chosen weights of each row in order, the least value first.
    init(_ values: Tensor, of chosen: Tensor) throws {
      let last = try Tensor.full([], .infinity, dtype: values.dtype, device: values.device)
      positions = try chosen.choosing(values, else: last).sorted(1).positions
      count = try chosen.sum([1], dtype: .int64).unsqueezed(1)
    }
  }

  /// What stays, `[rows, in]` in bool.
  private(set) var mask: Tensor
  /// What the weights that are gone would add to the output of each row on average: `[rows, 1]` in f64.
  private(set) var errors: Tensor

  /// What each weight adds to the mean output of its row: `[rows, in]`.
  private let contributions: Tensor
  private let positive: Side
  private let negative: Side

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
    errors = try gone.choosing(contributions, else: none).sum([1], dtype: .float64).unsqueezed(1)
    // Not a number where an input is 0 for all tokens, which is neither above nor below 0.
    let gains = try contributions / inputs.variances
    let importance = try weight.abs() * inputs.norms
    positive = Side(
      returning: try Order(-gains, of: gone .& (none .< gains)),
      leaving: try Order(importance, of: mask .& (contributions .< 0))
    )
    negative = Side(
      returning: try Order(gains, of: gone .& (gains .< 0)),
      leaving: try Order(importance, of: mask .& (none .< contributions))
    )
  }

  /// Exchanges weights in each row until its error is small enough, or nothing is left to exchange.
  ///
  /// - Parameters:
  ///   - cycles: The most exchanges in a row.
  ///   - threshold: The error at which a row is left as it is.
  ///   - sameSign: Whether an exchange that would turn the sign of the error ends the row.
  /// - Throws: `TorchError` from libtorch.
  mutating func settle(cycles: Int, threshold: Double, sameSign: Bool) throws {
    let (ups, downs) = (positive.leaving, negative.leaving)
    try exchange(cycles: cycles, threshold: threshold, sameSign: sameSign) { cycle in
      let counts = try cycle.isPositive.choosing(ups.count, else: downs.count)
      let isThere = try cycle.place .< counts
      let place = try isThere.choosing(cycle.place, else: cycle.zero)
      return (
        try cycle.isPositive.choosing(
          ups.positions.gathering(1, place),
          else: downs.positions.gathering(1, place)
        ),
        isThere
      )
    }
  }

  /// The same inside a pattern: what goes is the least important of the same neighbours, whatever it adds,
  /// and an exchange that would turn the sign of the error ends the row.
  ///
  /// - Parameters:
  ///   - pattern: The pattern.
  ///   - values: The importance by which the mask was chosen, `[rows, in]`.
  ///   - cycles: The most exchanges in a row.
  ///   - threshold: The error at which a row is left as it is.
  /// - Throws: `TorchError` from libtorch.
  mutating func settle(
    _ pattern: SparsityPattern,
    by values: Tensor,
    cycles: Int,
    threshold: Double
  ) throws {
    let (size, width) = (pattern.size, values.shape[1])
    // The neighbours of every position: `[width, size]`.
    let groups = try Tensor(
      (0..<width).flatMap { place in (0..<size).map { place / size * size + $0 } },
      shape: [width, size]
    )
    .to(device: values.device)
    let last = try Tensor.full([], .infinity, dtype: values.dtype, device: values.device)
    let first = mask
    try exchange(cycles: cycles, threshold: threshold, sameSign: true) { cycle in
      let neighbours = try groups.selecting(0, cycle.returning.reshaped([-1]))
      // What came back stays.
      let stays = try (first .& cycle.mask).gathering(1, neighbours)
      let least = try stays.choosing(values.gathering(1, neighbours), else: last)
        .sorted(1).positions.narrowed(1, to: 0..<1)
      return (try neighbours.gathering(1, least), try stays.gathering(1, least))
    }
  }

  /// A cycle, as a rule for what goes sees it.
  private struct Cycle {
    /// Which rows have an error above 0, `[rows, 1]`.
    let isPositive: Tensor
    /// How many exchanges there were with an error of this sign.
    let place: Tensor
    /// The positions of what comes back.
    let returning: Tensor
    /// What stays so far.
    let mask: Tensor
    let zero: Tensor
  }

  private mutating func exchange(
    cycles: Int,
    threshold: Double,
    sameSign: Bool,
    leaving: (Cycle) throws -> (positions: Tensor, areThere: Tensor)
  ) throws {
    let none = try Tensor.zeros([], dtype: .float64, device: errors.device)
    let (wasPositive, wasNegative) = (try none .< errors, try errors .< 0)
    let zero = try Tensor.zeros(errors.shape, dtype: .int64, device: errors.device)
    // How many exchanges there were with an error above 0, and with others.
    var (ups, downs) = (zero, zero)
    var isOpen =
      try Tensor.full([], threshold, dtype: .float64, device: errors.device) .< errors.abs()
    for _ in 0..<cycles {
      guard try isOpen.sum([], dtype: .int64).integers() != [0] else { break }
      let isPositive = try none .< errors
      let place = try isPositive.choosing(ups, else: downs)
      let (up, down) = (positive.returning, negative.returning)
      isOpen = try isOpen .& (place .< isPositive.choosing(up.count, else: down.count))
      let known = try isOpen.choosing(place, else: zero)
      let back = try isPositive.choosing(
        up.positions.gathering(1, known),
        else: down.positions.gathering(1, known)
      )
      let cycle = Cycle(
        isPositive: isPositive,
        place: place,
        returning: back,
        mask: mask,
        zero: zero
      )
      let (away, areThere) = try leaving(cycle)
      let taken = try contributions.gathering(1, away).to(.float64)
      let given = try contributions.gathering(1, back).to(.float64)
      let after = try errors + taken - given
      isOpen = try isOpen .& areThere
      if sameSign {
        isOpen = try isOpen
          .& ((wasPositive .& (none .< after)) .| (wasNegative .& (after .< 0)))
      }
      mask = try mask.scattering(1, away, from: mask.gathering(1, away) .& .!isOpen)
      mask = try mask.scattering(1, back, from: mask.gathering(1, back) .| isOpen)
      errors = try isOpen.choosing(after, else: errors)
      ups = try ups + (isOpen .& isPositive).to(.int64)
      downs = try downs + (isOpen .& .!isPositive).to(.int64)
      let isLarge =
        try Tensor.full([], threshold, dtype: .float64, device: errors.device) .< errors.abs()
      isOpen = try isOpen .& isLarge
    }
  }
}
