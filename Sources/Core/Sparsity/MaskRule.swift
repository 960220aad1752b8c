import BillhookModels
import BillhookTorch

/// Chooses which weights go: the lowest of each comparison group, or of each pattern.
///
/// What is gone already ranks lowest and stays gone. Of equal values the first goes first, in the order
/// of rows and then columns.
package struct MaskRule {
  /// How many of neighbouring inputs stay; nil where any weight can go.
  let pattern: SparsityPattern?
  /// Among which values the lowest are looked for; without meaning where there is a pattern.
  let group: ComparisonGroup
  /// How a share of a group becomes a whole number.
  let rounding: CountRounding

  /// A rule.
  package init(pattern: SparsityPattern?, group: ComparisonGroup, rounding: CountRounding) {
    self.pattern = pattern
    self.group = group
    self.rounding = rounding
  }

  // MARK: One matrix

  /// What stays of a matrix.
  ///
  /// - Parameters:
  ///   - values: The importance of each weight, `[out, in]`.
  ///   - alive: Which weights are not gone yet, `bool`; nil for all.
  ///   - percent: The share of each group that is gone afterwards, in hundredths; without meaning where
  ///     there is a pattern.
  /// - Returns: Which weights stay, `bool` in the same shape.
  /// - Throws: `TorchError` from libtorch.
  func kept(_ values: Tensor, alive: Tensor?, percent: Double) throws -> Tensor {
    let ranked = try Self.ranked(values, alive)
    let kept: Tensor
    if let pattern {
      kept = try Self.highest(pattern, of: ranked)
    } else {
      switch group {
      case .row:
        kept = try Self.withoutLowest(count(of: ranked.shape[1], percent), inRowsOf: ranked)
      case .column:
        let turned = try ranked.transposed(0, 1).contiguous()
        let count = count(of: turned.shape[1], percent)
        kept = try Self.withoutLowest(count, inRowsOf: turned).transposed(0, 1).contiguous()
      case .matrix, .module, .block, .model:
        let flat = try ranked.reshaped([1, -1])
        let count = count(of: flat.shape[1], percent)
        kept = try Self.withoutLowest(count, inRowsOf: flat).reshaped(ranked.shape)
      }
    }
    return try alive.map { try kept .& $0 } ?? kept
  }

  /// What stays of some columns of a matrix, of which columns before them were decided.
  ///
  /// The counts of all ranges add up to that of the whole matrix, unless each has one more.
  ///
  /// - Parameters:
  ///   - values: The importance of each weight, `[out, columns]`.
  ///   - columns: Which columns of the matrix they are.
  ///   - alive: Which of them are not gone yet; nil for all.
  ///   - percent: The share of each group that is gone afterwards, in hundredths.
  /// - Returns: Which weights stay, `bool` in the same shape.
  /// - Throws: `TorchError` from libtorch.
  func kept(
    _ values: Tensor,
    of columns: Range<Int>,
    alive: Tensor?,
    percent: Double
  ) throws -> Tensor {
    guard pattern == nil else { return try kept(values, alive: alive, percent: percent) }
    let ranked = try Self.ranked(values, alive)
    let rows = ranked.shape[0]
    func count(_ width: Int) -> Int {
      if rounding == .downPlusOne {
        return self.count(of: columns.count * width, percent)
      }
      return self.count(of: columns.upperBound * width, percent)
        - self.count(of: columns.lowerBound * width, percent)
    }
    let kept =
      group == .row
      ? try Self.withoutLowest(count(1), inRowsOf: ranked)
      : try Self.withoutLowest(count(rows), inRowsOf: ranked.reshaped([1, -1]))
        .reshaped(ranked.shape)
    return try alive.map { try kept .& $0 } ?? kept
  }

  // MARK: Several matrices

  /// What stays of several matrices whose values are compared with each other.
  func kept(
    _ values: [WeightRole: Tensor],
    alive: [WeightRole: Tensor],
    percent: Double
  ) throws -> [WeightRole: Tensor] {
    let roles = WeightRole.allCases.filter { values[$0] != nil }
    let ranked = try roles.compactMap { role in
      try values[role].map { try Self.ranked($0, alive[role]) }
    }
    let flat = try Tensor.joined(ranked.map { try $0.reshaped([1, -1]) }, along: 1)
    let all = try Self.withoutLowest(count(of: flat.shape[1], percent), inRowsOf: flat)
    var kept: [WeightRole: Tensor] = [:]
    var start = 0
    for (role, matrix) in zip(roles, ranked) {
      let end = start + matrix.shape.reduce(1, *)
      let own = try all.narrowed(1, to: start..<end).reshaped(matrix.shape)
      kept[role] = try alive[role].map { try own .& $0 } ?? own
      start = end
    }
    return kept
  }

  // MARK: Counts

  /// How many of a group go.
  ///
  /// - Parameters:
  ///   - size: The number of weights of the group.
  ///   - percent: The share of them that is gone afterwards, in hundredths.
  /// - Returns: A number from 0 to `size`.
  package func count(of size: Int, _ percent: Double) -> Int {
    // Of a matrix whose share is 0 nothing goes, however counts are rounded.
    guard percent > 0 else { return 0 }
    let product = Double(size) * percent / 100
    // Decimal shares are not exact in f64: 32.3 % of 1000 are 323, and not less by its last bit.
    let isWhole = abs(product - product.rounded()) <= 1e-12 * product
    let exact = isWhole ? product.rounded() : product
    let count =
      switch rounding {
      case .down: exact.rounded(.down)
      case .nearest: (exact + 0.5).rounded(.down)
      case .downPlusOne: exact.rounded(.down) + 1
      }
    return min(size, max(0, Int(count)))
  }

  // MARK: Ranking

  /// The values with what is gone below all others.
  private static func ranked(_ values: Tensor, _ alive: Tensor?) throws -> Tensor {
    guard let alive else { return values }
    let lowest = try Tensor.full([], -Double.infinity, dtype: values.dtype, device: values.device)
    return try alive.choosing(values, else: lowest)
  }

  /// Everything but the lowest values of each row.
  private static func withoutLowest(_ count: Int, inRowsOf values: Tensor) throws -> Tensor {
    func same(_ stays: Bool) throws -> Tensor {
      try .full(values.shape, stays ? 1 : 0, dtype: .bool, device: values.device)
    }
    guard count > 0 else { return try same(true) }
    guard count < values.shape[1] else { return try same(false) }
    let threshold = try values.smallest(count, along: 1).value.unsqueezed(1)
    let kept = try .!(values .<= threshold)
    let left = try kept.sum([1], dtype: .int64)
    guard try (left .< Double(values.shape[1] - count)).sum(dtype: .int64).scalar() > 0 else {
      return kept
    }
    // Some equal the threshold and need not go: the last ones.
    let (below, tied) = (try values .< threshold, try values .== threshold)
    let needed =
      try Tensor([count]).to(device: values.device) - below.sum([1], dtype: .int64).unsqueezed(1)
    let number = try tied.cumulativeSum(1, dtype: .int64)
    return try .!(below .| (tied .& (number .<= needed)))
  }

  /// The highest values of each pattern.
  private static func highest(_ pattern: SparsityPattern, of values: Tensor) throws -> Tensor {
    let (rows, columns) = (values.shape[0], values.shape[1])
    let groups = try values.reshaped([rows, columns / pattern.size, pattern.size])
    let order = try groups.sorted(-1).positions
    let stay = try Tensor.full(groups.shape, 1, dtype: .bool, device: values.device)
    let lowest = try order.narrowed(-1, to: 0..<pattern.removed)
    let go = try Tensor.zeros(lowest.shape, dtype: .bool, device: values.device)
    return try stay.scattering(-1, lowest, from: go).reshaped(values.shape)
  }
}
