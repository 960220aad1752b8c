import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookPipeline

/// Documents and checksums that notice every changed byte.
@Suite struct SealTests {
  private static let members: [JSON.Member] = [
    .init(key: "a", value: [1, 1.0, "1", true, nil]), .init(key: "\u{E9}", value: ["x": [:]]),
  ]

  @Test func aSealedDocumentIsReadBack() {
    let text = SealedDocument.text(Self.members)
    #expect(SealedDocument.open(Array(text.utf8)) == .object(Self.members))
  }

  @Test func everyOtherByteIsNoticed() {
    let bytes = Array(SealedDocument.text(Self.members).utf8)
    let space: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09]
    for place in bytes.indices {
      for value in UInt8.min...UInt8.max where value != bytes[place] {
        // Space between values says nothing, whatever kind of space it is.
        if space.contains(value), space.contains(bytes[place]) { continue }
        var changed = bytes
        changed[place] = value
        #expect(SealedDocument.open(changed) == nil, "byte \(place) as \(value)")
      }
      // The last byte ends the line.
      guard place < bytes.count - 1 else { continue }
      #expect(SealedDocument.open(Array(bytes[..<place])) == nil)
    }
    #expect(SealedDocument.open(Array("{}".utf8)) == nil)
    #expect(SealedDocument.open(Array("{\"sha256\": 1}".utf8)) == nil)
  }

  /// Beside the values of the xxHash library.
  @Test(arguments: [
    ("", "ef46db3751d8e999"), ("a", "d24ec4f1a98c6e5b"), ("abc", "44bc2cf5ad770999"),
    ("Nobody inspects the spammish repetition", "fbcea83c8a378bf1"),
    ("0123456789012345678901234567890", "8b80da128591b789"),
    ("01234567890123456789012345678901", "e5cc9f411ea110ba"),
    ("012345678901234567890123456789012345678901234567890123456789012345", "f338bfff321d8e4e"),
  ])
  func checksumsAreThoseOfTheLibrary(text: String, hex: String) {
    var sum = Checksum()
    sum.take(text)
    #expect(sum.hex == hex)
    #expect(Checksum(hex: hex) == sum)
  }

  @Test func whatIsTakenInTwoPartsStartsFromTheFirst() {
    var sum = Checksum()
    sum.take("abc")
    sum.take("Nobody inspects the spammish repetition")
    #expect(sum.hex == "f7d11e012868c09e")
  }

  @Test func everyBitMatters() {
    let bytes = (0..<75).map { UInt8(truncatingIfNeeded: $0 * 7) }
    func sum(_ bytes: [UInt8]) -> Checksum {
      var sum = Checksum()
      bytes.withUnsafeBytes { sum.take($0) }
      return sum
    }
    let first = sum(bytes)
    for bit in 0..<bytes.count * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(sum(changed) != first)
    }
  }
}
