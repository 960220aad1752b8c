@testable import BillhookFiles
import Testing
import TestSupport

/// Event files are those that TensorBoard's own writer makes.
@Suite struct EventFileTests {
  private static let lines: [JSON] = [
    ["step": 0, "held_out_loss": 4.5],
    [
      "step": 300, "loss": 3.25, "learning_rate": 0.0009765625, "gradient_norm": 1.5,
      "tokens": 128, "seconds": 2,
    ],
    ["result": 300],
    ["step": 301, "windows": 4, "losses": [2.5, 3.5], "parameters_gone": [1, 2]],
  ]

  /// Source: Scripts/golden_events.py.
  @Test func bytesAreThoseOfTensorBoard() throws {
    try Fixture.withFolder { folder in
      let place = "\(folder)/logs/run"
      let file = try EventFile(in: place) { 1_700_000_000 }
      for line in Self.lines { try file.append(LogLine(line)) }
      try file.finish()
      let name = try #require(try FileSystem.names(in: place).first)
      #expect(name == "events.out.tfevents.1700000000.billhook")
      let golden = try FileSystem.read(Fixture.path("events.tfevents"))
      #expect(try FileSystem.read("\(place)/\(name)") == golden)
      // A second one takes another name.
      try EventFile(in: place) { 1_700_000_000 }.finish()
      #expect(try FileSystem.names(in: place).count == 2)
    }
  }

  /// Source: RFC 3720, appendix B.4.
  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), ([UInt8](0..<32), 0x46DD_794E),
      ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    ] as [([UInt8], UInt32)]
  )
  func checksumsAreThoseOfTheStandard(bytes: [UInt8], sum: UInt32) {
    #expect(MaskedCRC32C.checksum(bytes) == sum)
  }

  @Test func linesOfEarlierLogsKeepTheirBytes() {
    let bytes = Array("{\"step\": 1, \"loss\": 2.50}\n".utf8)
    let line = LogLine(parsing: bytes)
    #expect(line.bytes == bytes)
    #expect(line.scalars.map(\.name) == ["loss"])
    #expect(line.scalars.map(\.value) == [2.5])
    #expect(LogLine(parsing: Array("not JSON\n".utf8)).scalars.isEmpty)
  }
}
