import BillhookTorch
import Dispatch
import Synchronization

/// The copies of the weights that a device needs next, made by a thread of their own.
///
/// What was begun and not taken is dropped when others are begun, so that no more is held than is asked
/// for at once.
final class CopiesAhead: Sendable {
  private let stream: CopyStream
  private let queue = DispatchQueue(label: "billhook.prefetch")
  private let newest = Mutex<Batch?>(nil)
  private let (room, bytes): (DeviceRoom, Int)

  /// Copies that are made together.
  private final class Batch: Sendable {
    let isMade = DispatchGroup()
    let weights: [WeightID]
    private let copies = Mutex<[WeightID: Copy]>([:])
    private let isWanted = Mutex(true)

    /// Unchecked, because a tensor is not `Sendable`: nobody writes to a lent one.
    private struct Copy: @unchecked Sendable {
      let tensor: Tensor
    }

    init(_ weights: [WeightID]) { self.weights = weights }

    /// Makes the copies until one fails, or nobody wants them.
    func make(by copy: (WeightID) throws -> Tensor) {
      for weight in weights where isWanted.withLock({ $0 }) {
        guard let tensor = try? copy(weight) else { return }
        let made = Copy(tensor: tensor)
        copies.withLock { $0[weight] = made }
      }
    }

    /// Gives a copy away once all are made.
    func take(_ weight: WeightID) -> Tensor? {
      guard weights.contains(weight) else { return nil }
      isMade.wait()
      return copies.withLock { $0.removeValue(forKey: weight) }?.tensor
    }

    func drop() {
      isWanted.withLock { $0 = false }
      copies.withLock { $0 = [:] }
    }
  }

  init?(to device: Device, atMost bytes: Int, within room: DeviceRoom) {
    guard let stream = try? CopyStream(to: device), room.take(bytes) else { return nil }
    self.stream = stream
    (self.room, self.bytes) = (room, bytes)
  }

  deinit { room.giveBack(bytes) }

  /// Begins to copy weights, in place of all that were begun before.
  func begin(_ weights: [WeightID], of source: any WeightSource, as dtype: DType) {
    let batch = Batch(weights)
    newest.withLock { newest in
      newest?.drop()
      newest = batch
    }
    queue.async(group: batch.isMade) { [stream] in
      batch.make { try stream.copy(source.stored($0), as: dtype) }
    }
  }

  /// The copy of a weight, which is then the caller's; nil where none was begun, or it failed.
  func take(_ weight: WeightID) -> Tensor? { newest.withLock { $0 }?.take(weight) }
}
