import BillhookTorch
import Synchronization

/// A weight source that takes the zeros of its projections for masks: for models that somebody else
/// made sparse.
struct ZerosAsMasks: WeightLayer {
  let base: any WeightSource
  private let known = Known()

  /// Which weights have a zero, as far as anybody has asked: to tell, all of a weight is read.
  private final class Known: Sendable {
    private let answers = Mutex<[WeightID: Bool]>([:])

    subscript(_ weight: WeightID) -> Bool? {
      get { answers.withLock { $0[weight] } }
      set { answers.withLock { $0[weight] = newValue } }
    }
  }

  func changes(_ weight: WeightID) -> Bool { weight.role.kind == .projection }

  func stored(_ weight: WeightID) throws -> Tensor {
    let tensor = try base.stored(weight)
    // Whoever multiplies by a mask leaves -0, which a sum with +0 makes +0; nothing else changes.
    return changes(weight) ? try tensor + 0 : tensor
  }

  func mask(_ weight: WeightID) throws -> Tensor? {
    guard weight.role.kind == .projection else { return nil }
    let zeros = try base.stored(weight) .== 0
    return try zeros.sum(dtype: .int64).scalar() > 0 ? .!zeros : nil
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    if let answer = known[weight] { return answer }
    let answer = try mask(weight) != nil
    known[weight] = answer
    return answer
  }
}
