/// The checksum of records in TensorFlow's files: CRC-32C, rotated and shifted so that checksums of bytes
/// that hold checksums stay good.
///
/// Source: RFC 3720, appendix B.4 (the polynomial of Castagnoli, reflected: 0x82F63B78); tensorflow/
/// core/lib/hash/crc32c.h for the mask.
enum MaskedCRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
    }
  }

  /// The checksum of some bytes before it is masked.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      sum >> 8 ^ table[Int((sum ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// The masked checksum of some bytes.
  static func of(_ bytes: [UInt8]) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
