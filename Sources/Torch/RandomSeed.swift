/// A seed for random numbers, from which everything that needs some derives a seed of its own.
///
/// What is drawn does not depend on what was drawn before, so that a training that goes on from a
/// checkpoint, or a block that is computed a second time, finds the same numbers.
public struct RandomSeed: Sendable, Equatable {
  /// The seed.
  public let value: UInt64

  /// The seed that a recipe gives.
  public init(_ value: Int) { self.value = UInt64(bitPattern: Int64(value)) }

  private init(bits: UInt64) { value = bits }

  /// The seed for what a name stands for: FNV-1a over this seed's bytes and the name's.
  ///
  /// Source: Fowler, Noll, Vo, and Eastlake, The FNV Non-Cryptographic Hash Algorithm, section 2.
  public func derived(_ name: String) -> RandomSeed {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    for byte in bytes + Array(name.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // PyTorch takes seeds of 63 bits.
    return RandomSeed(bits: hash >> 1)
  }
}
