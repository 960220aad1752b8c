import BillhookEngine
import BillhookFiles
import BillhookModels
import BillhookTorch

/// Masks of all blocks by one threshold: the values of all matrices wait on disk until all of them are
/// known.
///
/// The threshold is exact, found digit by digit: a value in f32 is 32 bits whose order is that of whole
/// numbers once those of negative numbers are turned around, so counts of the values by their first 16
/// bits, and then by the last 16 of those that share the first, say which one it is.
struct ModelThreshold {
  private let setting: SparseSetting
  private let shares: SparseShares
  private let context: RunContext
  private let progress: PassFolder?

  init(
    _ setting: SparseSetting,
    _ shares: SparseShares,
    _ context: RunContext,
    progress: PassFolder?
  ) {
    self.setting = setting
    self.shares = shares
    self.context = context
    self.progress = progress
  }

  func run(
    _ model: LanguageModel,
    on tokens: TokenSet?,
    at path: String
  ) throws -> LanguageModel {
    let values = try values(of: model, on: tokens)
    let sizes = SparseShares.sizes(of: setting.unit.roles, in: model)
    // The blocks share one pool, so that all of them together lose what all of them are asked for.
    let all = sizes.reduce(0) { $0 + $1.count }
    let pruned = values.reduce(0) { $0 + $1.values.shape.reduce(1, *) }
    let asked = sizes.reduce(0.0) { $0 + Double($1.count) * (shares.percents[$1.block] ?? 0) }
    let rounding = MaskRule(pattern: nil, group: .model, rounding: setting.unit.rounding)
    let count = min(pruned, rounding.count(of: all, asked / Double(all)))
    let keys = OrderedBits(values.map(\.values))
    let (threshold, ties) = try keys.smallest(count)
    var left = ties
    var masks: [WeightID: Tensor] = [:]
    for (id, values) in values {
      let mask = try keys.mask(of: values, above: threshold, sparing: &left)
      let alive = try model.weights.mask(id)
      masks[id] = try (alive.map { try mask .& $0 } ?? mask).packedBits()
    }
    return try model.editing([:], packedMasks: masks, at: path)
  }

  /// The values of each matrix, on disk where they are large.
  private func values(
    of model: LanguageModel,
    on tokens: TokenSet?
  ) throws -> [(id: WeightID, values: Tensor)] {
    let pass = setting.pass(over: model, on: tokens, context, in: progress)
    let made = try pass.blocks(kinds: [.projection]) { step, statistics in
      guard shares.percents[step.number] != nil else { return [:] }
      let masking = BlockMasking(
        setting: setting,
        model: model,
        device: context.device,
        shares: shares
      )
      var found: [String: Tensor] = [:]
      for role in setting.unit.roles.intersection(step.shape.projections) {
        let id = WeightID(role, block: step.number)
        let weight = try model.weights.tensor(id, dtype: .float32, device: context.device)
        let values = try masking.values(of: weight, id, statistics)
        let alive = try model.weights.mask(id)?.to(device: context.device)
        let lowest = try Tensor.full([], -Double.infinity, device: context.device)
        found[role.rawValue] = try (alive.map { try $0.choosing(values, else: lowest) } ?? values)
          .to(.float32, device: .cpu).spilledWhereLarge(to: context.scratch)
      }
      return found
    }
    return model.blocks.flatMap { block in
      WeightRole.allCases.compactMap { role in
        made[block.sourceIndex]?[role.rawValue].map {
          (WeightID(role, block: block.sourceIndex), $0)
        }
      }
    }
  }
}

/// Values in f32 as whole numbers in the same order.
private struct OrderedBits {
  private let tensors: [Tensor]

  init(_ tensors: [Tensor]) { self.tensors = tensors }

  /// A value's bits, so that greater values are greater numbers; both zeros are one.
  private static func key(_ value: Float) -> UInt32 {
    let bits = (value == 0 ? 0 : value).bitPattern
    return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
  }

  /// The k-th smallest of all values, and how many that equal it belong to the k smallest.
  func smallest(_ k: Int) throws -> (key: UInt32, ties: Int) {
    guard k > 0 else { return (0, 0) }
    let high = try counts { UInt16(truncatingIfNeeded: $0 >> 16) }
    let (first, before) = Self.place(of: k, in: high)
    let low = try counts { key in
      key >> 16 == UInt32(first) ? UInt16(truncatingIfNeeded: key) : nil
    }
    let (last, below) = Self.place(of: k - before, in: low)
    return (UInt32(first) << 16 | UInt32(last), k - before - below)
  }

  /// Which values are above the threshold; of those that equal it, all but the next `ties`.
  func mask(of values: Tensor, above threshold: UInt32, sparing ties: inout Int) throws -> Tensor {
    var kept = [UInt8](repeating: 1, count: values.shape.reduce(1, *))
    try values.withBytes { bytes in
      for (index, value) in bytes.bindMemory(to: Float.self).enumerated() {
        let key = Self.key(value)
        if key < threshold {
          kept[index] = 0
        } else if key == threshold, ties > 0 {
          kept[index] = 0
          ties -= 1
        }
      }
    }
    return try kept.withUnsafeBytes { bytes in
      try .!(Tensor(copying: bytes, shape: values.shape, dtype: .uint8) .== 0)
    }
  }

  private func counts(_ digit: (UInt32) -> UInt16?) throws -> [Int] {
    var counts = [Int](repeating: 0, count: 1 << 16)
    for tensor in tensors {
      try tensor.withBytes { bytes in
        for value in bytes.bindMemory(to: Float.self) {
          if let digit = digit(Self.key(value)) { counts[Int(digit)] += 1 }
        }
      }
    }
    return counts
  }

  /// The digit of the k-th smallest, and how many have a smaller one.
  private static func place(of k: Int, in counts: [Int]) -> (digit: Int, before: Int) {
    var before = 0
    for (digit, count) in counts.enumerated() {
      if before + count >= k { return (digit, before) }
      before += count
    }
    return (counts.count - 1, before)
  }
}
