import BillhookCore

/// Groups of weights, a row each, in which some that went and some that stay change places.
struct MaskExchange {
  private let scores: Tensor
  private let mask: Tensor
  private let gone: Tensor

  /// Groups in rows.
  ///
  /// - Parameters:
  ///   - scores: How much each weight matters, `[groups, weights]`.
  ///   - mask: What stays, in bool.
  ///   - gone: What went and may come back.
  init(_ scores: Tensor, mask: Tensor, gone: Tensor) {
    self.scores = scores
    self.mask = mask
    self.gone = gone
  }

  /// One group of several matrices.
  init(pooling matrices: [MaskExchange]) throws {
    func flat(_ part: KeyPath<MaskExchange, Tensor>) throws -> Tensor {
      try .joined(matrices.map { try $0[keyPath: part].reshaped([1, -1]) }, along: 1)
    }
    self.init(try flat(\.scores), mask: try flat(\.mask), gone: try flat(\.gone))
  }

  /// The same with columns as groups.
  func turned() throws -> MaskExchange {
    func turned(_ tensor: Tensor) throws -> Tensor { try tensor.transposed(0, 1).contiguous() }
    return MaskExchange(try turned(scores), mask: try turned(mask), gone: try turned(gone))
  }

  /// What stays after a share of all exchanges for the better.
  ///
  /// - Parameters:
  ///   - share: The share, from 0 to 1; counts are rounded down.
  ///   - pattern: A pattern that holds before and afterwards; nil for none.
  /// - Returns: What stays, with the same count in each group.
  /// - Throws: `TorchError` from libtorch.
  func mask(byShare share: Double, keeping pattern: SparsityPattern? = nil) throws -> Tensor {
    let least = try Tensor.full([], -Double.infinity, dtype: scores.dtype, device: scores.device)
    let most = try Tensor.full([], .infinity, dtype: scores.dtype, device: scores.device)
    let back = try gone.choosing(scores, else: least).sorted(1, descending: true)
    let away = try mask.choosing(scores, else: most).sorted(1)
    let better = try (away.values .< back.values).sum([1], dtype: .int64)
    let counts = try better.integers().map { Int(Double($0) * share) }
    let count = try Tensor(counts).to(device: scores.device).unsqueezed(1)
    let places = try Tensor(Array(0..<scores.shape[1])).to(device: scores.device).unsqueezed(0)
    let areFirst = try places .< count
    func chosen(_ positions: Tensor) throws -> Tensor {
      try Tensor.zeros(scores.shape, dtype: .bool, device: scores.device)
        .scattering(1, positions, from: areFirst)
    }
    let returns = try chosen(back.positions)
    guard let pattern else { return try (mask .| returns) .& .!chosen(away.positions) }
    return try exchanged(returns, inGroupsOf: pattern.size)
  }

  /// What stays when some come back and as many of the least of their neighbours go.
  private func exchanged(_ returns: Tensor, inGroupsOf size: Int) throws -> Tensor {
    let groups = [scores.shape[0], -1, size]
    let (scores, mask) = (try scores.reshaped(groups), try mask.reshaped(groups))
    let returns = try returns.reshaped(groups)
    let least = try Tensor.full([], -Double.infinity, dtype: scores.dtype, device: scores.device)
    let most = try Tensor.full([], .infinity, dtype: scores.dtype, device: scores.device)
    let places = try Tensor(Array(0..<size)).to(device: scores.device)
      .reshaped([1, 1, size])
    func first(_ count: Tensor, of positions: Tensor) throws -> Tensor {
      let whole = try Tensor.zeros(scores.shape, dtype: .int64, device: scores.device) + places
      return try Tensor.zeros(scores.shape, dtype: .bool, device: scores.device)
        .scattering(2, positions, from: whole .< count)
    }
    // No more come back than there are to go.
    let staying = try mask.sum([2], dtype: .int64).unsqueezed(2)
    let wanted = try returns.sum([2], dtype: .int64).unsqueezed(2)
    let count = try (wanted .< staying).choosing(wanted, else: staying)
    let back = try returns.choosing(scores, else: least).sorted(2, descending: true).positions
    let away = try mask.choosing(scores, else: most).sorted(2).positions
    return try ((mask .| first(count, of: back)) .& .!first(count, of: away))
      .reshaped([groups[0], self.scores.shape[1]])
  }
}
