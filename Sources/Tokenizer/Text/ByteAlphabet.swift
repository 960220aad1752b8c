/// The characters that GPT-2 writes for bytes, so that every token of its files is printable.
///
/// A printable byte stands for itself; the others take the characters from U+0100 in order.
struct ByteAlphabet: Sendable {
  static let shared = ByteAlphabet()

  /// The UTF-8 of the character for each byte.
  let characters: [[UInt8]]
  /// The byte for each character from U+0000 to U+0143; nil where there is none.
  private let bytes: [UInt8?]

  private init() {
    var characters: [[UInt8]] = []
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    var unprintable: UInt32 = 0x100
    for byte in UInt8.min...UInt8.max {
      var scalar = Unicode.Scalar(byte)
      let isPrintable =
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
      if !isPrintable, let next = Unicode.Scalar(unprintable) {
        scalar = next
        unprintable += 1
      }
      characters.append(Array(String(Character(scalar)).utf8))
      bytes[Int(scalar.value)] = byte
    }
    self.characters = characters
    self.bytes = bytes
  }

  /// The bytes that a token stands for; nil if it has a character from outside the alphabet.
  func bytes(of token: some Sequence<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in String(decoding: Array(token), as: UTF8.self).unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return nil }
      result.append(byte)
    }
    return result
  }
}
