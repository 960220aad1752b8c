import Synchronization

/// The memory of a device in which weights may stay between the steps that need them.
package final class DeviceRoom: Sendable {
  private let left: Mutex<Int>

  /// Makes a room of some bytes.
  package init(_ bytes: Int) { left = Mutex(max(0, bytes)) }

  /// The bytes that are not taken.
  package var free: Int { left.withLock { $0 } }

  /// Takes bytes, if there are as many.
  func take(_ bytes: Int) -> Bool {
    left.withLock { left in
      guard bytes <= left else { return false }
      left -= bytes
      return true
    }
  }

  /// Gives back what was taken.
  func giveBack(_ bytes: Int) { left.withLock { $0 += bytes } }
}
