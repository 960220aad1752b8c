import BillhookFiles
import BillhookTorch

/// A weight source in which some weights are tensors in memory, which change while a model is
/// trained.
///
/// Unchecked, because the tensors are shared with the code that changes them: the model stays on
/// the thread of the training, and is released with it.
struct LiveWeights: WeightSource, @unchecked Sendable {
  let base: any WeightSource
  let replaced: [WeightID: Tensor]
  let updates: [WeightID: LowRankUpdate]
  let isRounded: Bool
  let isMasked: Bool

  func stored(_ weight: WeightID) throws -> Tensor {
    let matrix = try replaced[weight] ?? base.stored(weight)
    var live = try updates[weight]?.merged(into: matrix) ?? matrix
    let isChanged = replaced[weight] != nil || updates[weight] != nil
    if isMasked, isChanged, let mask = try mask(weight) { live = try live.keeping(mask) }
    return isRounded ? try live.to(base.storedType(weight)) : live
  }

  func mask(_ weight: WeightID) throws -> Tensor? { try base.mask(weight) }

  func hasMask(_ weight: WeightID) throws -> Bool { try base.hasMask(weight) }

  func places(of weight: WeightID) -> [StoredPlace] {
    replaced[weight] == nil ? base.places(of: weight) : []
  }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}
