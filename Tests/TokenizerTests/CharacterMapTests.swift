@testable import BillhookFiles
import Foundation
import Testing

@testable import BillhookTokenizer

/// Maps that are put together here, unit by unit; see `CharacterMap` for the format.
@Suite struct CharacterMapTests {
  /// A map of keys of one byte, and the texts that take their place.
  ///
  /// The root's children stand from 0x100 on; a child at 0x100 ^ byte leads to its value 0x80 further.
  private func map(
    _ texts: KeyValuePairs<Character, String>,
    change: [Int: UInt32] = [:]
  ) -> [UInt8] {
    var units = [UInt32](repeating: 0, count: 0x200)
    units[0] = 0x100 << 10
    var blob: [UInt8] = []
    for (key, text) in texts {
      guard let byte = key.asciiValue else { continue }
      let place = 0x100 ^ Int(byte)
      units[place] = UInt32(byte) | 0x100 | 0x80 << 10
      units[place ^ 0x80] = UInt32(blob.count)
      blob += Array(text.utf8) + [0]
    }
    for (place, unit) in change { units[place] = unit }
    return word(UInt32(units.count * 4)) + units.flatMap(word) + blob
  }

  private func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private func read(_ bytes: [UInt8]) throws -> CharacterMap {
    try read(Data(bytes).base64EncodedString())
  }

  private func read(_ text: String) throws -> CharacterMap {
    try CharacterMap(TokenizerField(file: "t.json", key: "map", value: .string(text)))
  }

  private func applied(_ map: CharacterMap, _ text: String) -> String {
    String(decoding: map.apply(Array(text.utf8)), as: UTF8.self)
  }

  @Test func replacesCharacters() throws {
    let map = try read(map(["A": "bc", "B": "", "z": "語"]))
    #expect(applied(map, "AxABz") == "bcxbc語")
    #expect(applied(map, "B") == "")
    #expect(applied(map, "éa\u{0}") == "éa\u{0}")
    #expect(map.growth == 3)
  }

  /// A short cluster is replaced by what its first character becomes, so its accent is lost.
  ///
  /// A long one is character by character. That is odd, and what the library does.
  @Test func clustersAreReplacedAsAWhole() throws {
    let map = try read(map(["A": "b"]))
    #expect(applied(map, "A\u{301}x") == "bx")
    #expect(applied(map, "A\u{301}\u{302}\u{303}") == "b\u{301}\u{302}\u{303}")
    #expect(applied(map, "e\u{301}") == "e\u{301}")
  }

  @Test func damageIsNamed() throws {
    let whole = map(["A": "bc"])
    let damages: [(map: [UInt8], says: String)] = [
      ([], "is cut short: 0 bytes"),
      ([0, 0, 0, 0], "is cut short: 4 bytes, of 4 for the characters alone"),
      (Array(whole.prefix(90)), "is cut short: 90 bytes, of 2052 for the characters alone"),
      (word(.max) + whole.dropFirst(4), "is cut short: 2055 bytes"),
      (whole + [0xFF], "expected replacements in UTF-8, found something else"),
      (
        map(["A": "bc"], change: [0x1C1: 99]),
        "is damaged: an entry names a replacement that is not there"
      ),
      (
        map(["A": "é"], change: [0x1C1: 1]),
        "is damaged: an entry names a replacement that is not there"
      ),
      (
        map(["A": "bc"], change: [0x141: 0x41 | 0x100 | 0x1F_FFFF << 10]),
        "is damaged: an entry names a replacement that is not there"
      ),
    ]
    for (bytes, says) in damages {
      let error = #expect(throws: TokenizerError.self) { try read(bytes) }
      #expect(error?.problem.hasPrefix(says) == true, "\(error?.problem ?? ""), \(says)")
    }
    for text in ["AAA", "A===", "AAAAA===", "AA!=", "AAAB AAA", "AB=="] {
      let error = #expect(throws: TokenizerError.self) { try read(text) }
      #expect(error?.problem == "expected Base64, found something else")
    }
  }

  /// An array that leads round in circles ends all the same.
  @Test func circlesEnd() throws {
    let circle = map([:], change: [0x141: 0x41 | 0x41 << 10])
    let text = String(repeating: "A", count: 5)
    #expect(applied(try read(circle), text) == text)
  }

  @Test func base64IsRead() {
    let all = (0..<768).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
    for count in [0, 1, 2, 3, 4, 766, 767, 768] {
      let bytes = Array(all.prefix(count))
      #expect(Base64.bytes(of: Data(bytes).base64EncodedString()) == bytes)
    }
  }
}
