import BillhookFiles
import BillhookTorch
@testable import BillhookModels
import Foundation
import Testing
import TestSupport

/// Rounding to blocks, beside the quantiser of the `gguf` package (Scripts/golden_gguf.py).
@Suite struct BlockQuantizationTests {
  private struct Golden: Decodable {
    let bits: [UInt32]
    let q8_0: String
    let q4_0: String
  }

  private static func hex(_ tensor: Tensor) throws -> String {
    try tensor.withBytes { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  @Test func bytesAreThoseOfThePackage() throws {
    let text = try Fixture.text(Fixture.path("gguf/blocks.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: Data(text.utf8))
    let values = try Tensor(
      golden.bits.map(Float.init(bitPattern:)),
      shape: [golden.bits.count / 32, 32]
    )
    for (type, expected) in [(GGUFTensorType.q8_0, golden.q8_0), (.q4_0, golden.q4_0)] {
      let blocks = try BlockQuantization(type).blocks(of: values, named: "a", in: "b")
      let found = try Self.hex(blocks)
      let width = type.blockByteCount * 2
      #expect(found.count == expected.count)
      for row in 0..<golden.bits.count / 32 {
        let range = (row * width)..<((row + 1) * width)
        let pair = (Array(found)[range], Array(expected)[range])
        #expect(String(pair.0) == String(pair.1), "row \(row) of \(type)")
      }
    }
  }

  /// By hand: scales of 1 and of -1, so that values are their own codes.
  @Test func valuesComeBack() throws {
    let whole = (0..<32).map { Float($0 - 16) * 7.9375 }
    let steps = try Tensor([127] + whole.dropFirst().map { $0.rounded() })
    let eight = BlockQuantization(.q8_0)
    let found = try eight.values(of: eight.blocks(of: steps, named: "", in: ""), shape: [32])
    #expect(try found.hasSameBytes(as: steps))
    let small = try Tensor((0..<32).map { Float($0 % 16 - 8) })
    let four = BlockQuantization(.q4_0)
    let blocks = try four.blocks(of: small, named: "", in: "")
    #expect(try four.values(of: blocks, shape: [32]).equals(small))
    // A scale of 1, and -8, -7, … in pairs of the first and the second half.
    #expect(try Self.hex(blocks) == "003c" + "00112233445566778899aabbccddeeff")
  }

  @Test(arguments: [GGUFTensorType.q8_0, .q4_0])
  func scalesBeyondF16AreRefused(type: GGUFTensorType) throws {
    let values = try Tensor([1e10] + [Float](repeating: 1, count: 31))
    let error = #expect(throws: FileError.self) {
      try BlockQuantization(type).blocks(of: values, named: "block 3 down", in: "model.gguf")
    }
    #expect(error?.place == "block 3 down")
    #expect(error?.message.contains("type = bf16") == true)
  }
}
