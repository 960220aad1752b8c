import BillhookFiles
import BillhookTorch

/// The weights of an untrained model, drawn each time they are asked for, always the same.
struct InitialWeights: WeightSource {
  private let shapes: [WeightID: [Int]]
  private let dtype: DType
  private let deviation: Double
  private let seed: RandomSeed
  private let normsStartAtZero: Bool

  init(_ configuration: ModelConfiguration, dtype: DType, deviation: Double, seed: RandomSeed) {
    shapes = Dictionary(uniqueKeysWithValues: configuration.allWeights.map { ($0.id, $0.shape) })
    self.dtype = dtype
    self.deviation = deviation
    self.seed = seed
    normsStartAtZero = configuration.norm.hasOffset
  }

  func stored(_ weight: WeightID) throws -> Tensor {
    guard let shape = shapes[weight] else {
      throw FileError("the new model", at: "\(weight)", "there is no such weight")
    }
    switch weight.role.kind {
    case .norm: return try Tensor.full(shape, normsStartAtZero ? 0 : 1, dtype: dtype)
    case .bias: return try Tensor.zeros(shape, dtype: dtype)
    case .vocabulary, .projection:
      let generator = try Generator(seed: seed.derived("\(weight)").value)
      return try (generator.normal(shape) * deviation).to(dtype)
    }
  }

  func storedType(_ weight: WeightID) -> DType { dtype }
}
