/// The SHA-256 hash of bytes.
///
/// Source: FIPS 180-4. Written here because nothing below the runner takes packages from outside; long
/// inputs go to a library of the system where it has one.
public struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  /// The hash in 64 hexadecimal digits.
  ///
  /// - Parameters:
  ///   - bytes: What is hashed.
  ///   - passed: Called with each part that was hashed and is not needed any more.
  /// - Returns: The digits.
  /// - Throws: What `passed` throws.
  public static func hex(
    _ bytes: UnsafeRawBufferPointer,
    passed: (Range<Int>) throws -> Void
  ) rethrows -> String {
    // A library is not loaded for the few bytes of a key.
    if bytes.count >= 1 << 14, let system = SystemSHA256.shared {
      let parts = stride(from: 0, to: bytes.count, by: partSize).map {
        $0..<min($0 + partSize, bytes.count)
      }
      let found = try system.hash(parts.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }) {
        try passed(parts[$0])
      }
      if let found { return found.map { digits($0, 2) }.joined() }
    }
    var hash = SHA256()
    let whole = bytes.count / 64 * 64
    for start in stride(from: 0, to: whole, by: partSize) {
      let part = start..<min(start + partSize, whole)
      hash.take(UnsafeRawBufferPointer(rebasing: bytes[part]))
      try passed(part)
    }
    var tail = Array(bytes[whole...])
    tail.append(0x80)
    while tail.count % 64 != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (UInt64(bytes.count) * 8) >> UInt64(shift)))
    }
    tail.withUnsafeBytes { hash.take($0) }
    return hash.state.map { digits($0, 8) }.joined()
  }

  /// After this many bytes, a multiple of 64, somebody is told.
  private static let partSize = 1 << 24

  private static func digits(_ number: some BinaryInteger, _ count: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: count - digits.count) + digits
  }

  /// The hash in 64 hexadecimal digits.
  public static func hex(_ bytes: some Sequence<UInt8>) -> String {
    Array(bytes).withUnsafeBytes { hex($0) { _ in } }
  }

  /// The hash of a text's UTF-8 bytes in 64 hexadecimal digits.
  public static func hex(_ text: String) -> String { hex(text.utf8) }

  /// Hashes a multiple of 64 bytes.
  ///
  /// Uses plain loops on bare memory, because gigabytes of weights go through here, in unoptimised
  /// builds too.
  private mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    state.withUnsafeMutableBufferPointer { state in
      Self.constants.withUnsafeBufferPointer { constants in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
          guard let state = state.baseAddress, let constants = constants.baseAddress,
            let words = words.baseAddress
          else { return }
          var start = 0
          while start < bytes.count {
            Self.mix(source + start, into: state, constants, words)
            start &+= 64
          }
        }
      }
    }
  }

  private static func mix(
    _ bytes: UnsafePointer<UInt8>,
    into state: UnsafeMutablePointer<UInt32>,
    _ constants: UnsafePointer<UInt32>,
    _ words: UnsafeMutablePointer<UInt32>
  ) {
    var index = 0
    while index < 16 {
      let place = bytes + 4 * index
      words[index] =
        UInt32(place[0]) &<< 24 | UInt32(place[1]) &<< 16 | UInt32(place[2]) &<< 8
        | UInt32(place[3])
      index &+= 1
    }
    while index < 64 {
      let early = words[index &- 15]
      let late = words[index &- 2]
      let sigma0 = (early &>> 7 | early &<< 25) ^ (early &>> 18 | early &<< 14) ^ early &>> 3
      let sigma1 = (late &>> 17 | late &<< 15) ^ (late &>> 19 | late &<< 13) ^ late &>> 10
      words[index] = words[index &- 16] &+ sigma0 &+ words[index &- 7] &+ sigma1
      index &+= 1
    }
    var a = state[0], b = state[1], c = state[2], d = state[3]
    var e = state[4], f = state[5], g = state[6], h = state[7]
    index = 0
    while index < 64 {
      let sum1 = (e &>> 6 | e &<< 26) ^ (e &>> 11 | e &<< 21) ^ (e &>> 25 | e &<< 7)
      let first = h &+ sum1 &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
      let sum0 = (a &>> 2 | a &<< 30) ^ (a &>> 13 | a &<< 19) ^ (a &>> 22 | a &<< 10)
      let second = sum0 &+ (a & b ^ a & c ^ b & c)
      h = g
      g = f
      f = e
      e = d &+ first
      d = c
      c = b
      b = a
      a = first &+ second
      index &+= 1
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
