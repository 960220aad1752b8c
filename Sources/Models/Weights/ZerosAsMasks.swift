import BillhookFiles
import BillhookTorch

/// A weight source that takes the zeros of its projections for masks: for models that somebody else
/// made sparse.
struct ZerosAsMasks: WeightSource {
  let base: any WeightSource

  func stored(_ weight: WeightID) throws -> Tensor { try base.stored(weight) }

  func mask(_ weight: WeightID) throws -> Tensor? {
    guard weight.role.kind == .projection else { return nil }
    let zeros = try base.stored(weight) .== 0
    return try zeros.sum(dtype: .int64).scalar() > 0 ? .!zeros : nil
  }

  func places(of weight: WeightID) -> [StoredPlace] { base.places(of: weight) }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}
