import BillhookTorch
@testable import BillhookModels
import Testing

/// Bytes of weights, worked out by hand.
@Suite struct WeightEncodingTests {
  private static let q4 = WeightEncoding.blocks(
    QuantisedBlocks(name: "q4_0", valueCount: 32, byteCount: 18)
  )
  private static let q8 = WeightEncoding.blocks(
    QuantisedBlocks(name: "q8_0", valueCount: 32, byteCount: 34)
  )

  @Test func blocksAreThoseOfGGUF() {
    let blocks = [GGUFTensorType.q4_0, .q8_0].compactMap(\.blocks).map(WeightEncoding.blocks)
    #expect(blocks == [Self.q4, Self.q8])
    #expect([GGUFTensorType.f32, .f16, .bf16].allSatisfy { $0.blocks == nil })
  }

  @Test func bytesOfWholeWeights() {
    #expect(WeightEncoding.numbers(.bfloat16).byteCount(of: [3, 5]) == 30)
    #expect(Self.q4.byteCount(of: [2, 64]) == 72)
    #expect(Self.q8.byteCount(of: [2, 64]) == 136)
    let scheme = QuantisationScheme(bits: 4, group: 64, isSymmetric: true)
    // Codes, scales and zeros of one group a row, and the groups of inputs.
    let expected = 2 * 64 / 2 + 2 * 2 + 2 / 2 + 4 * 64
    #expect(WeightEncoding.codes(scheme).byteCount(of: [2, 64]) == expected)
  }

  /// What is left of rows may end within a block, whose numbers have their share of it.
  @Test func partsOfBlocks() {
    // 99 numbers: 3 blocks, and 3 of 32 in one of 18 bytes, which are 1.7.
    #expect(Self.q4.byteCount(of: [3, 33]) == 56)
    #expect(Self.q4.byteCount(ofElements: 99) == 55)
    #expect(Self.q8.byteCount(ofElements: 31) == 32)
    #expect(WeightEncoding.numbers(.float32).byteCount(ofElements: 7) == 28)
  }

  @Test func namesAreThoseOfTypes() {
    let scheme = QuantisationScheme(bits: 8, group: nil, isSymmetric: false)
    let encodings: [WeightEncoding] = [.numbers(.float16), .codes(scheme), Self.q4]
    #expect(encodings.map(\.name) == ["float16", "int8", "q4_0"])
  }
}
