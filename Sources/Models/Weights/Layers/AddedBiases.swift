import BillhookFiles
import BillhookTorch

/// A weight source that gives biases to projections that had none: zeros, until they are replaced.
struct AddedBiases: WeightLayer {
  let base: any WeightSource
  /// The projections by the biases that they got.
  private let projections: [WeightID: WeightID]

  init(_ projections: [WeightID: WeightID], over base: any WeightSource) {
    self.base = base
    self.projections = projections
  }

  func changes(_ weight: WeightID) -> Bool { projections[weight] != nil }

  func stored(_ weight: WeightID) throws -> Tensor {
    guard let projection = projections[weight] else { return try base.stored(weight) }
    let matrix = try base.stored(projection)
    return try Tensor.zeros([matrix.shape[0]], dtype: matrix.dtype, device: matrix.device)
  }

  func mask(_ weight: WeightID) throws -> Tensor? {
    projections[weight] == nil ? try base.mask(weight) : nil
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    try projections[weight] == nil && base.hasMask(weight)
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    try projections[weight] == nil ? base.encoding(of: weight) : .numbers(storedType(weight))
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    projections[weight] == nil ? base.places(of: weight) : []
  }

  func storedType(_ weight: WeightID) throws -> DType {
    // A bias is stored in the type of its projection.
    try base.storedType(projections[weight] ?? weight)
  }
}
