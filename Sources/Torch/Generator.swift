import CTorch

/// A seeded source of random numbers, equal to PyTorch's for the same seed and device.
public final class Generator {
  let handle: ct_generator
  /// Where the numbers are made.
  public let device: Device

  /// A generator that starts at `seed`.
  public init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
    var result: ct_generator?
    try call("generator") { ct_generator_new(seed, device.code, &result) }
    guard let result else {
      throw TorchError(operation: "generator", message: "libtorch gave no generator back")
    }
    handle = result
    self.device = device
  }

  deinit {
    ct_generator_free(handle)
  }

  /// The position in the sequence, as bytes that `restore` takes.
  public func state() throws(TorchError) -> Tensor {
    try make("get_state") { ct_generator_state(handle, $0) }
  }

  /// Goes to a position in the sequence that `state` returned.
  public func restore(_ state: Tensor) throws(TorchError) {
    try call("set_state", on: [state]) { ct_generator_set_state(handle, state.handle) }
  }

  /// Numbers from the normal distribution with mean 0 and deviation 1.
  public func normal(_ shape: [Int], dtype: DType = .float32) throws(TorchError) -> Tensor {
    try make("randn") {
      ct_randn(shape.sizes, shape.count, handle, dtype.code, device.code, $0)
    }
  }

  /// Uniformly distributed numbers from 0 up to, but not including, 1.
  public func uniform(_ shape: [Int], dtype: DType = .float32) throws(TorchError) -> Tensor {
    try make("rand") {
      ct_rand(shape.sizes, shape.count, handle, dtype.code, device.code, $0)
    }
  }

  /// Ones with a probability given in 65,536ths (1 to 65,536), zeros otherwise, in int8.
  ///
  /// Several times as fast as libtorch's `bernoulli_`, which takes 64 random bits for each element;
  /// and hidden states are multiplied several times as fast by int8 as by bool.
  public func coins(_ probability: Int, _ shape: [Int]) throws(TorchError) -> Tensor {
    try make("coins") {
      ct_coins(shape.sizes, shape.count, handle, Int64(probability), device.code, $0)
    }
  }

  /// The numbers from 0 up to, but not including, `count` in random order.
  public func permutation(of count: Int) throws(TorchError) -> Tensor {
    try make("randperm") { ct_randperm(Int64(count), handle, device.code, $0) }
  }

  /// Whole numbers, each equally likely, from a non-empty range.
  public func integers(in range: Range<Int>, _ shape: [Int]) throws(TorchError) -> Tensor {
    try make("randint") {
      ct_randint(
        Int64(range.lowerBound),
        Int64(range.upperBound),
        shape.sizes,
        shape.count,
        handle,
        device.code,
        $0
      )
    }
  }

  /// One whole number from a non-empty range.
  public func integer(in range: Range<Int>) throws(TorchError) -> Int {
    Int(try integers(in: range, [1]).scalar())
  }

  /// Draws positions without replacement, each with a probability in proportion to its weight.
  ///
  /// Weights are `[n]` or `[rows, n]`, not negative, not all zero.
  public func draw(_ count: Int, weights: Tensor) throws(TorchError) -> Tensor {
    try make("multinomial", on: [weights]) {
      ct_multinomial(weights.handle, Int64(count), handle, $0)
    }
  }
}
