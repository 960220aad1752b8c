import BillhookCore
import TestSupport
import Testing

/// Random files of token ids: an error that names the line, or windows that are written and read
/// back the same.
@Suite struct TokenFileFuzzTests {
  private static let seeds = [
    "1 2 3\n\n4 5 | 6 7 8 9\n", "0\r\n10 11 12 13 14 15 16 17\r\n", "| 1 2", "1 2 | 3 4 | 5 | 6\n",
    "1 2 / 3 | 4 5 | / 6 7 |",
  ]
  .map { Array($0.utf8) }

  private static let pieces = [
    " ", "\n", "\r\n", "|", " | ", " / ", "-1", "+1", "9223372036854775807", "9223372036854775808",
    "0",
    "00", "1.0", "٣", "\u{A0}", "\u{2028}", "\u{0}", "\t", "1 2 3 4 5 6 7 8",
  ]

  @Test func tokens() throws {
    let result = try Fuzzing.run("tokens", inputs: 3000) { random in
      var bytes = Self.seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        Mutation.bytes(&bytes, pieces: Self.pieces, &random)
      }
      do {
        let documents = try TokenFile.documents(String(decoding: bytes, as: UTF8.self))
        try cut(documents, &random)
        return .accepted
      } catch let error as DataError {
        try Fault.unless(!error.description.isEmpty, "an error without words")
        return .refused
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func cut(_ documents: [Document], _ random: inout SplitMix64) throws {
    var settings = WindowSettings()
    if random.isOne(of: 2) { settings.length = Int.random(in: 2...5, using: &random) }
    if let length = settings.length, random.isOne(of: 2) {
      settings.stride = Int.random(in: 1...length, using: &random)
    }
    if random.isOne(of: 3) { settings.bos = .every }
    let windows = try Windowing(settings, beginning: TextBeginning(1, isAdded: true)) { _ in [] }
      .windows(of: documents)
    let again = try TokenFile.documents(TokenFile.text(windows)).map { document in
      switch document {
      case .tokens(let ids, let firstTarget): return TokenWindow(ids, firstTarget: firstTarget)
      case .window(let window): return window
      case .text, .exchange, .conversation: throw Fault("no ids")
      }
    }
    try Fault.unless(again == windows.windows, "\(windows.windows) is read back as \(again)")
  }
}
