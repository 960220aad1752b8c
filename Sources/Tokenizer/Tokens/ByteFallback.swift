/// Tokens like `<0x0A>`, and the bytes that they stand for.
enum ByteFallback {
  /// The ids of `<0x00>` to `<0xFF>`; -1 where there is none.
  static func ids(in vocabulary: Vocabulary) -> [Int32] {
    (UInt8.min...UInt8.max).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return vocabulary.id(of: Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)) ?? -1
    }
  }

  /// Runs of bytes that are UTF-8 become one token; each byte of another run becomes U+FFFD.
  static func resolve(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    for token in tokens {
      if let byte = byte(of: token) {
        run.append(byte)
      } else {
        finish(&run, &result)
        result.append(token)
      }
    }
    finish(&run, &result)
    return result
  }

  private static func finish(_ run: inout [UInt8], _ result: inout [[UInt8]]) {
    guard !run.isEmpty else { return }
    if String(validating: run, as: UTF8.self) != nil {
      result.append(run)
    } else {
      result += repeatElement(Array("\u{FFFD}".utf8), count: run.count)
    }
    run = []
  }

  private static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }
}
