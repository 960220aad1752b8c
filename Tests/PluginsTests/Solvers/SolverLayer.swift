@testable import BillhookCore

/// A projection with correlated inputs that it was shown.
struct SolverLayer {
  let id = WeightID(.down, block: 0)
  /// `[out, in]`.
  let weight: Tensor
  /// `[tokens, in]`.
  let inputs: Tensor
  let gram: Gram
  let statistics: Statistics

  /// A layer with the products of its inputs as evidence, all in the type of the weight.
  init(weight: Tensor, inputs: Tensor) throws {
    self.weight = weight
    self.inputs = inputs
    let products = try InputProducts(of: inputs)
    gram = try Gram(count: products.count, strips: products.strips)
    var statistics = Statistics()
    statistics.add([.down: gram], of: InputGram())
    self.statistics = statistics
  }

  /// A random layer.
  init(
    rows: Int = 24,
    width: Int = 64,
    tokens: Int = 400,
    seed: UInt64 = 1,
    dtype: DType = .float64,
    dead: [Int] = []
  ) throws {
    let generator = try Generator(seed: seed)
    let mix = try generator.normal([width, width], dtype: .float64) * 0.1
    let own = try generator.normal([tokens, width], dtype: .float64)
    let sizes = try generator.normal([width], dtype: .float64).exp()
    let living = try Tensor((0..<width).map { dead.contains($0) ? 0.0 : 1 })
    let inputs = try (own + own.matmul(mix)) * sizes * living
    let weight = try generator.normal([rows, width], dtype: .float64)
    try self.init(weight: weight.to(dtype), inputs: inputs.to(dtype))
  }

  /// A layer whose XᵀX is the identity.
  static func identity(rows: Int = 6, width: Int = 32) throws -> SolverLayer {
    let ones = try Tensor.full([width, width], 1, dtype: .float64)
    return try SolverLayer(
      weight: Generator(seed: 5).normal([rows, width], dtype: .float64),
      inputs: ones.lowerTriangle(upTo: 0).upperTriangle(from: 0)
    )
  }

  /// The sum of squared differences of the outputs over all tokens.
  func error(of new: Tensor) throws -> Double {
    try rowErrors(of: new).sum().scalar()
  }

  /// The same for each row: `[out]`.
  func rowErrors(of new: Tensor) throws -> Tensor {
    try inputs.to(.float64).matmul((new - weight).to(.float64).transposed(0, 1)).pow(2).sum([0])
  }

  /// The mask that keeps the larger part of each row by `values`: `[out, in]`.
  func mask(keeping share: Double = 0.5, of values: Tensor? = nil) throws -> Tensor {
    try Self.mask(of: values ?? weight.abs() * gram.diagonal.pow(0.5), keeping: share)
  }

  /// The mask that keeps the larger part of each row.
  static func mask(of values: Tensor, keeping share: Double) throws -> Tensor {
    let gone = Int(Double(values.shape[1]) * (1 - share))
    guard gone > 0 else { return try values .== values }
    return try .!(values .<= values.smallest(gone, along: 1).value.unsqueezed(1))
  }

  /// The weight with zeros where it does not stay.
  func masked(_ mask: Tensor) throws -> Tensor {
    try mask.choosing(weight, else: .zeros([], dtype: weight.dtype))
  }

  /// What a repair makes of the weight, with zeros where it does not stay.
  func repaired(_ repair: some Repair, _ mask: Tensor) throws -> Tensor {
    let cut = ProjectionCut(id: id, weight: weight, mask: mask)
    let new = try repair.repaired(cut, statistics).weight ?? weight
    return try mask.choosing(new, else: .zeros([], dtype: weight.dtype))
  }

  /// The least-squares fit of what stays of each row to the outputs, by equations of its own.
  func leastSquares(_ mask: Tensor, damping: Double = 0) throws -> Tensor {
    let (rows, width) = (weight.shape[0], weight.shape[1])
    let mean = try gram.diagonal.mean().scalar()
    let unit = try Tensor.full([width, width], damping * mean, dtype: .float64)
      .lowerTriangle(upTo: 0).upperTriangle(from: 0)
    let products = try inputs.transposed(0, 1).matmul(inputs) + unit
    let flags = try mask.to(.int64).integers()
    let result = try Tensor.zeros([rows, width], dtype: .float64)
    for row in 0..<rows {
      let kept = try Tensor((0..<width).filter { flags[row * width + $0] == 1 })
      let inner = try products.selecting(0, kept).selecting(1, kept)
      let old = try weight.narrowed(0, to: row..<row + 1).transposed(0, 1)
      let new = try inner.solve(products.selecting(0, kept).matmul(old))
      try result.narrowed(0, to: row..<row + 1).transposed(0, 1).add(new, toRows: kept)
    }
    return result
  }
}

/// The largest difference of two tensors, relative to the largest element of the second.
func difference(_ found: Tensor, _ expected: Tensor) throws -> Double {
  try (found - expected).abs().max().scalar() / expected.abs().max().scalar()
}
