import CTorch

extension Tensor {
  /// The sum, element by element, with broadcasting.
  public static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("add", on: [a, b]) { ct_add(a.handle, b.handle, $0) }
  }

  /// The difference, element by element, with broadcasting.
  public static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("sub", on: [a, b]) { ct_sub(a.handle, b.handle, $0) }
  }

  /// The product, element by element, with broadcasting.
  public static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("mul", on: [a, b]) { ct_mul(a.handle, b.handle, $0) }
  }

  /// The quotient, element by element, with broadcasting.
  public static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("div", on: [a, b]) { ct_div(a.handle, b.handle, $0) }
  }

  /// Every element plus a number.
  public static func + (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try make("add", on: [a]) { ct_add_scalar(a.handle, b, $0) }
  }

  /// Every element times a number.
  public static func * (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try make("mul", on: [a]) { ct_mul_scalar(a.handle, b, $0) }
  }

  /// The negative of every element.
  public static prefix func - (a: Tensor) throws(TorchError) -> Tensor {
    try make("neg", on: [a]) { ct_neg(a.handle, $0) }
  }

  /// Adds `other`, times `scale`, to this tensor in place.
  public func add(_ other: Tensor, scale: Double = 1) throws(TorchError) {
    try call("add_", on: [self, other]) { ct_add_in_place(handle, other.handle, scale) }
  }

  /// Overwrites the elements with those of another tensor of this shape.
  public func copy(from other: Tensor) throws(TorchError) {
    try call("copy_", on: [self, other]) { ct_copy_in_place(handle, other.handle) }
  }

  /// Multiplies every element by a number, in place.
  public func multiply(by factor: Double) throws(TorchError) {
    try call("mul_", on: [self]) { ct_mul_in_place(handle, factor) }
  }

  /// Adds each row of `rows` to the row of this matrix that `positions` names, in place.
  ///
  /// Shapes: this `[n, width]`, positions `[rows]`, rows `[rows, width]`.
  public func add(_ rows: Tensor, toRows positions: Tensor) throws(TorchError) {
    try call("index_add_", on: [self, positions, rows]) {
      ct_index_add_in_place(handle, 0, positions.handle, rows.handle)
    }
  }

  /// The absolute value of every element.
  public func abs() throws(TorchError) -> Tensor {
    try make("abs", on: [self]) { ct_abs(handle, $0) }
  }

  /// Every element rounded to the nearest whole number, halves to the even one.
  public func rounded() throws(TorchError) -> Tensor {
    try make("round", on: [self]) { ct_round(handle, $0) }
  }

  /// Every element to a power.
  public func pow(_ exponent: Double) throws(TorchError) -> Tensor {
    try make("pow", on: [self]) { ct_pow_scalar(handle, exponent, $0) }
  }

  /// A number to the power of every element.
  public static func pow(_ base: Double, _ exponents: Tensor) throws(TorchError) -> Tensor {
    try make("pow", on: [exponents]) { ct_pow_base(base, exponents.handle, $0) }
  }

  /// The natural logarithm of every element.
  public func log() throws(TorchError) -> Tensor {
    try make("log", on: [self]) { ct_log(handle, $0) }
  }

  /// The exponential of every element.
  public func exp() throws(TorchError) -> Tensor {
    try make("exp", on: [self]) { ct_exp(handle, $0) }
  }

  /// `log(1 + exp(x))` of every element, without overflow.
  public func softplus() throws(TorchError) -> Tensor {
    try make("softplus", on: [self]) { ct_softplus(handle, $0) }
  }

  /// The hyperbolic tangent of every element.
  public func tanh() throws(TorchError) -> Tensor {
    try make("tanh", on: [self]) { ct_tanh(handle, $0) }
  }

  /// The cosine of every element, in radians.
  public func cos() throws(TorchError) -> Tensor {
    try make("cos", on: [self]) { ct_cos(handle, $0) }
  }

  /// The sine of every element, in radians.
  public func sin() throws(TorchError) -> Tensor {
    try make("sin", on: [self]) { ct_sin(handle, $0) }
  }

  /// The matrix product over the last two dimensions, with broadcasting over the others.
  public func matmul(_ other: Tensor) throws(TorchError) -> Tensor {
    try make("matmul", on: [self, other]) { ct_matmul(handle, other.handle, $0) }
  }
}
