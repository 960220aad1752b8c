/// A checksum of bytes that is as fast as memory: for weights and checkpoints, where `SHA256` would
/// take longer than writing them.
///
/// It detects damage, not tampering. Source: XXH64 of Collet, xxHash, doc/xxhash_spec.md, whose
/// seed is here the checksum of the bytes hashed before.
package struct Checksum: Equatable {
  private(set) var value: UInt64 = 0

  /// The checksum of nothing.
  package init() {}

  /// A checksum from its hexadecimal digits; nil when the text is not a checksum.
  package init?(hex: String) {
    guard let value = UInt64(hex, radix: 16) else { return nil }
    self.value = value
  }

  /// The checksum of a file's bytes.
  ///
  /// - Throws: `FileError` when the file cannot be read.
  package init(ofFile path: String) throws(FileError) {
    try MappedFile(path).withBytes { take($0) }
  }

  /// The checksum in 16 hexadecimal digits.
  package var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Adds the bytes of a text.
  package mutating func take(_ text: String) {
    var text = text
    text.withUTF8 { take(UnsafeRawBufferPointer($0)) }
  }

  /// Adds bytes.
  package mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return value = Self.empty(seed: value) }
    value = Self.hash(start, bytes.count, seed: value)
  }

  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private static func empty(seed: UInt64) -> UInt64 { avalanche(seed &+ prime5) }

  /// Hashes in plain loops on bare memory, as gigabytes go through here.
  private static func hash(_ start: UnsafeRawPointer, _ count: Int, seed: UInt64) -> UInt64 {
    var sum = seed &+ prime5
    var place = 0
    if count >= 32 {
      var a = seed &+ prime1 &+ prime2
      var b = seed &+ prime2
      var c = seed
      var d = seed &- prime1
      while place &+ 32 <= count {
        a = round(a, word(start + place))
        b = round(b, word(start + place + 8))
        c = round(c, word(start + place + 16))
        d = round(d, word(start + place + 24))
        place &+= 32
      }
      sum = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
      for lane in [a, b, c, d] { sum = (sum ^ round(0, lane)) &* prime1 &+ prime4 }
    }
    sum &+= UInt64(count)
    while place &+ 8 <= count {
      sum = rotated(sum ^ round(0, word(start + place)), 27) &* prime1 &+ prime4
      place &+= 8
    }
    if place &+ 4 <= count {
      let half = UInt64(UInt32(littleEndian: (start + place).loadUnaligned(as: UInt32.self)))
      sum = rotated(sum ^ (half &* prime1), 23) &* prime2 &+ prime3
      place &+= 4
    }
    while place < count {
      let byte = UInt64((start + place).load(as: UInt8.self))
      sum = rotated(sum ^ (byte &* prime5), 11) &* prime1
      place &+= 1
    }
    return avalanche(sum)
  }

  private static func word(_ place: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }

  private static func round(_ sum: UInt64, _ word: UInt64) -> UInt64 {
    rotated(sum &+ word &* prime2, 31) &* prime1
  }

  private static func avalanche(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ value &>> 33) &* prime2
    value = (value ^ value &>> 29) &* prime3
    return value ^ value &>> 32
  }
}
