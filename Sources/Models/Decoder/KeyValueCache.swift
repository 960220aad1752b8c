import BillhookTorch

/// The keys and values of the columns that a batch of texts has already run through.
public final class KeyValueCache {
  /// The number of columns in it.
  public private(set) var count = 0
  private var blocks: [Int: (keys: Tensor, values: Tensor)] = [:]
  private let capacity: Int

  /// An empty cache.
  ///
  /// - Parameter capacity: The columns that it takes without having to grow.
  public init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Counts columns as done, once all blocks have them.
  public func advance(by columns: Int) { count += columns }

  /// Adds the keys and values of new columns in a block, each `[batch, KV heads, columns, head]`,
  /// and gives those of all columns.
  func extend(
    block: Int,
    keys: Tensor,
    values: Tensor
  ) throws(TorchError) -> (keys: Tensor, values: Tensor) {
    let end = count + keys.shape[2]
    var stored: (keys: Tensor, values: Tensor)
    if let known = blocks[block] {
      stored = (try grown(known.keys, to: end), try grown(known.values, to: end))
    } else {
      stored = (try room(like: keys, for: end), try room(like: values, for: end))
    }
    try stored.keys.narrowed(2, to: count..<end).copy(from: keys)
    try stored.values.narrowed(2, to: count..<end).copy(from: values)
    blocks[block] = stored
    return (
      try stored.keys.narrowed(2, to: 0..<end), try stored.values.narrowed(2, to: 0..<end)
    )
  }

  private func room(like states: Tensor, for columns: Int) throws(TorchError) -> Tensor {
    var shape = states.shape
    shape[2] = max(capacity, columns)
    return try Tensor.zeros(shape, dtype: states.dtype, device: states.device)
  }

  private func grown(_ old: Tensor, to columns: Int) throws(TorchError) -> Tensor {
    guard old.shape[2] < columns else { return old }
    let new = try room(like: old, for: max(columns, 2 * old.shape[2]))
    try new.narrowed(2, to: 0..<count).copy(from: old.narrowed(2, to: 0..<count))
    return new
  }
}
