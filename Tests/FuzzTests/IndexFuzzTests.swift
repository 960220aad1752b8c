import BillhookCore
import TestSupport
import Testing

/// Random indices, and random damage to one of the files that an index names.
@Suite struct IndexFuzzTests {
  private static let index = "model.safetensors.index.json"
  private static let shard = "model-00002-of-00005.safetensors"

  private static let values: [JSON] = [
    "model-00001-of-00005.safetensors", "model-00005-of-00005.safetensors", "missing.safetensors",
    "../a.safetensors", "/etc/passwd", "config.json", ".safetensors", "..", ".", "",
    "model-00001-of-00005.safetensors\u{0}/../a.safetensors",
    "../\u{301}a.safetensors", "model.safetensors.index.json",
  ]

  @Test func index() throws {
    let result = try Fixture.withFolder { folder in
      let model = try ModelFolder("llama-sharded", in: folder)
      let index = try model.original(Self.index)
      let json = try JSON(parsing: index)
      let shard = try model.original(Self.shard)
      return try Fuzzing.run("index", inputs: 60) { random in
        try model.replace(Self.index, by: changed(index, json, &random))
        let damagesShard = random.isOne(of: 3)
        if damagesShard {
          var bytes = shard
          for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&bytes, &random) }
          try model.replace(Self.shard, by: bytes)
        }
        defer { if damagesShard { try? model.restore(Self.shard) } }
        guard let opened = try model.opened() else { return .refused }
        for (id, shape) in opened.configuration.allWeights where random.isOne(of: 8) {
          try Fault.unless(opened.weights.stored(id).shape == shape, "\(id) is no \(shape)")
        }
        return .accepted
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func changed(
    _ bytes: [UInt8],
    _ json: JSON,
    _ random: inout SplitMix64
  ) -> [UInt8] {
    var bytes = bytes
    switch Int.random(in: 0..<4, using: &random) {
    case 0: break
    case 1: Mutation.bytes(&bytes, pieces: ["/", "..", "\\u0000", "\""], &random)
    default: bytes = Array(Mutation.json(json, values: Self.values, &random).text(indent: 1).utf8)
    }
    return bytes
  }

  /// Most of a file is tensors, in which no change is a fault; so the header gets its share.
  private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    guard !random.isOne(of: 4), bytes.count > 800 else { return Mutation.bytes(&bytes, &random) }
    var header = Array(bytes[..<800])
    Mutation.bytes(&header, pieces: ["0", "[", "\"dtype\"", "F16"], &random)
    bytes.replaceSubrange(..<800, with: header)
  }
}
