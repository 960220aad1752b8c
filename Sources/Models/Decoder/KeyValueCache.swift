import BillhookTorch

/// A cache of the keys and values of the columns of a batch that were already computed.
///
/// On a CPU they are kept in f32 at least, because libtorch's attention for single queries takes
/// several times as long there in 16 bits.
public final class KeyValueCache {
  /// The number of columns in it.
  public private(set) var count = 0
  private var blocks: [Int: (keys: Tensor, values: Tensor)] = [:]
  private let capacity: Int

  /// An empty cache.
  ///
  /// - Parameter capacity: How many columns it holds without having to grow.
  public init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Counts columns as done, once all blocks have them.
  public func advance(by columns: Int) { count += columns }

  /// Adds the keys and values of new columns in a block, each `[batch, KV heads, columns, head]`,
  /// and returns those of all columns: unchanged where the new columns are the first, otherwise in
  /// the type of the cache.
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
    guard count > 0 else { return (keys, values) }
    return (
      try stored.keys.narrowed(2, to: 0..<end), try stored.values.narrowed(2, to: 0..<end)
    )
  }

  private func room(like states: Tensor, for columns: Int) throws(TorchError) -> Tensor {
    var shape = states.shape
    shape[2] = max(capacity, columns)
    let isShort = states.device == .cpu && states.dtype.byteCount < DType.float32.byteCount
    let dtype = isShort ? .float32 : states.dtype
    return try Tensor.zeros(shape, dtype: dtype, device: states.device)
  }

  private func grown(_ old: Tensor, to columns: Int) throws(TorchError) -> Tensor {
    guard old.shape[2] < columns else { return old }
    let new = try room(like: old, for: max(columns, 2 * old.shape[2]))
    try new.narrowed(2, to: 0..<count).copy(from: old.narrowed(2, to: 0..<count))
    return new
  }
}
