import BillhookFiles
import BillhookTorch

/// A weight source in which some weights are tensors in memory, which change while a model is
/// trained.
///
/// Unchecked, because the tensors are shared with the code that changes them: the model stays on
/// the thread of the training, and is released with it.
struct LiveWeights: WeightLayer, @unchecked Sendable {
  let base: any WeightSource
  let replaced: [WeightID: Tensor]
  let updates: [WeightID: LowRankUpdate]
  let isRounded: Bool
  let isMasked: Bool

  func changes(_ weight: WeightID) -> Bool { replaced[weight] != nil || updates[weight] != nil }

  func stored(_ weight: WeightID) throws -> Tensor {
    let matrix = try replaced[weight] ?? base.stored(weight)
    var live = try updates[weight]?.merged(into: matrix) ?? matrix
    if isMasked, changes(weight), let mask = try mask(weight) { live = try live.keeping(mask) }
    return isRounded ? try live.to(base.storedType(weight)) : live
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    replaced[weight] == nil ? base.places(of: weight) : []
  }

  /// Number by number, as a model is trained.
  func encoding(of weight: WeightID) throws -> WeightEncoding { .numbers(try storedType(weight)) }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { nil }
}
