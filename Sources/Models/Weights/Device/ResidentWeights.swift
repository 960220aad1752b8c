import BillhookFiles
import BillhookTorch
import Synchronization

/// A weight source whose weights stay on a device once they were lent there, for as long as there is
/// room; all others are copied there each time.
///
/// Passes ask for blocks in turn, so what came first stays: whatever made room for the weight that is
/// asked for now would be asked for before it. What stays in a source below is left to that one.
struct ResidentWeights: WeightLayer {
  let base: any WeightSource
  private let (device, dtype): (Device, DType)
  private let own: OwnWeights
  private let copies: Copies

  /// The copies, which give their room back with the last model that shares them.
  private final class Copies: Sendable {
    private let room: DeviceRoom
    private let held = Mutex<[WeightID: Copy]>([:])

    /// Unchecked, because a tensor is not `Sendable`: nobody writes to a lent one.
    private struct Copy: @unchecked Sendable {
      let tensor: Tensor
    }

    init(in room: DeviceRoom) { self.room = room }

    deinit { room.giveBack(held.withLock { $0.values.reduce(0) { $0 + $1.tensor.byteCount } }) }

    subscript(_ weight: WeightID) -> Tensor? { held.withLock { $0[weight] }?.tensor }

    /// Keeps a copy, if it is the first and there is room.
    func keep(_ tensor: Tensor, of weight: WeightID) {
      let copy = Copy(tensor: tensor)
      held.withLock {
        if $0[weight] == nil, room.take(copy.tensor.byteCount) { $0[weight] = copy }
      }
    }
  }

  /// Lays it over a source.
  ///
  /// - Parameters:
  ///   - own: The weights that may stay here.
  ///   - device: The device.
  ///   - dtype: The type in which weights are needed there.
  ///   - room: The memory that they may take.
  ///   - base: The source.
  init(
    _ own: OwnWeights,
    on device: Device,
    in dtype: DType,
    within room: DeviceRoom,
    over base: any WeightSource
  ) {
    self.base = base
    self.own = own
    (self.device, self.dtype) = (device, dtype)
    copies = Copies(in: room)
  }

  func changes(_ weight: WeightID) -> Bool { false }

  func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    guard device == self.device, dtype == self.dtype, own.contains(weight) else {
      return try base.tensor(weight, dtype: dtype, device: device)
    }
    if let copy = copies[weight] { return copy }
    let tensor = try base.tensor(weight, dtype: dtype, device: device)
    copies.keep(tensor, of: weight)
    return tensor
  }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) {
    // What stays is not read again.
    if copies[weight] == nil || advice != .soon { base.advise(weight, advice) }
  }

  func prefetch(_ weights: [WeightID]) { base.prefetch(weights.filter { copies[$0] == nil }) }
}
