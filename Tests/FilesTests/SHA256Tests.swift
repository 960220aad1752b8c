@testable import BillhookFiles
import Testing

@Suite struct SHA256Tests {
  /// The examples of FIPS 180-4, and lengths around the padding's border.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 55),
      "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"
    ),
    (
      String(repeating: "a", count: 64),
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
    (
      String(repeating: "a", count: 1000),
      "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
    ),
  ])
  func examples(text: String, hash: String) {
    #expect(SHA256.hex(text) == hash)
  }

  /// The long example of FIPS 180-4, a million letters, by the system's library and without it.
  @Test(arguments: [true, false]) func aMillionLetters(isThere: Bool) {
    let found = SystemSHA256.$isThere.withValue(isThere) {
      SHA256.hex(Array(repeating: UInt8(ascii: "a"), count: 1_000_000))
    }
    #expect(found == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// The library and the code here agree, and tell of the same bytes on their way.
  @Test(
    .enabled(if: SystemSHA256.shared != nil, "this system has no library for it"),
    arguments: [1 << 14, 1 << 14 | 1, 100_003, 1 << 24, 1 << 24 | 77]
  )
  func theLibraryAgrees(count: Int) {
    var bytes = (0..<65_537).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
    while bytes.count < count { bytes += bytes }
    bytes.removeLast(bytes.count - count)
    func hash(isThere: Bool) -> (String, last: Int?) {
      var last: Int?
      let found = SystemSHA256.$isThere.withValue(isThere) {
        bytes.withUnsafeBytes { SHA256.hex($0) { last = $0.upperBound } }
      }
      return (found, last)
    }
    let (own, system) = (hash(isThere: false), hash(isThere: true))
    #expect(own.0 == system.0)
    #expect(own.last == count / 64 * 64 && system.last == count)
  }

  /// Whoever is told on the way can end the work.
  @Test(arguments: [true, false]) func theWorkCanBeEnded(isThere: Bool) {
    struct Enough: Error {}
    let bytes = [UInt8](repeating: 1, count: 1 << 16)
    SystemSHA256.$isThere.withValue(isThere) {
      #expect(throws: Enough.self) {
        try bytes.withUnsafeBytes { try SHA256.hex($0) { _ in throw Enough() } }
      }
    }
  }
}
