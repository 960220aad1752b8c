/// Bytes packed by gzip, in stored blocks: whole where nothing is compressed.
///
/// Source: RFC 1952 and RFC 1951, section 3.2.4.
public enum GzipBytes {
  /// One member that holds these bytes.
  public static func member(_ bytes: [UInt8]) -> [UInt8] {
    var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let block = bytes[start..<min(start + 0xFFFF, bytes.count)]
      start += block.count
      let length = UInt16(block.count)
      packed.append(start == bytes.count ? 1 : 0)
      packed += word(UInt32(length) | UInt32(~length) << 16) + block
    } while start < bytes.count
    return packed + word(checksum(bytes)) + word(UInt32(truncatingIfNeeded: bytes.count))
  }

  /// What eight zero bits after a byte do to a remainder.
  private static let remainders = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    let remainders = remainders
    var crc = UInt32.max
    for byte in bytes { crc = crc >> 8 ^ remainders[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
    return ~crc
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
