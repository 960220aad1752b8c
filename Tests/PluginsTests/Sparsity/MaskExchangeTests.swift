import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// The exchange of LLM-Barber on groups that can be followed by hand.
@Suite struct MaskExchangeTests {
  private func bits(_ values: [[Int]]) throws -> Tensor {
    try .!(Tensor(values.flatMap(\.self), shape: [values.count, values[0].count]) .== 0)
  }

  private func exchange(_ scores: [[Double]], _ mask: [[Int]]) throws -> MaskExchange {
    let mask = try bits(mask)
    let scores = try Tensor(scores.flatMap(\.self), shape: mask.shape)
    return MaskExchange(scores, mask: mask, gone: try .!mask)
  }

  private func rows(_ mask: Tensor) throws -> [[Int]] {
    let width = mask.shape[1]
    let values = try mask.to(.int64).integers()
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }

  /// Gone are 9, 5, 4 and kept 1, 3, 8: 9 > 1 and 5 > 3, but not 4 > 8.
  @Test func halfOfTwoIsOne() throws {
    let tried = try exchange([[9, 1, 5, 3, 4, 8]], [[0, 1, 0, 1, 0, 1]])
    #expect(try rows(tried.mask(byShare: 0)) == [[0, 1, 0, 1, 0, 1]])
    #expect(try rows(tried.mask(byShare: 0.49)) == [[0, 1, 0, 1, 0, 1]])
    #expect(try rows(tried.mask(byShare: 0.5)) == [[1, 0, 0, 1, 0, 1]])
    #expect(try rows(tried.mask(byShare: 1)) == [[1, 0, 1, 0, 0, 1]])
  }

  /// Where one side is empty nothing changes places, and rows do not mix.
  @Test func aRowIsAGroup() throws {
    let tried = try exchange(
      [[9, 8, 7], [1, 2, 3], [1, 2, 3]],
      [[0, 0, 0], [1, 1, 1], [1, 0, 0]]
    )
    #expect(try rows(tried.mask(byShare: 1)) == [[0, 0, 0], [1, 1, 1], [0, 0, 1]])
  }

  @Test func matricesCanBePooled() throws {
    let one = try exchange([[9, 8], [1, 2]], [[0, 0], [1, 1]])
    let other = try exchange([[3, 7]], [[1, 0]])
    let pooled = try MaskExchange(pooling: [one, other]).mask(byShare: 1)
    #expect(try rows(pooled) == [[1, 1, 0, 0, 0, 1]])
    let turned = try one.turned().mask(byShare: 1)
    #expect(try rows(turned) == [[1, 0], [1, 0]])
  }

  /// What was gone before neither comes back nor counts.
  @Test func whatIsNotOpenStaysGone() throws {
    let mask = try bits([[0, 0, 1, 1]])
    let tried = MaskExchange(
      try Tensor([9.0, 5, 1, 2], shape: [1, 4]),
      mask: mask,
      gone: try bits([[0, 1, 0, 0]])
    )
    #expect(try rows(tried.mask(byShare: 1)) == [[0, 1, 0, 1]])
  }

  /// In a row 9 and 8 come back, both in the first neighbours, whose 1 and 2 go.
  ///
  /// With one to go of four, only the better of two comes back.
  @Test func aPatternHolds() throws {
    let two = try #require(SparsityPattern(2, of: 4))
    let tried = try exchange([[9, 8, 1, 2, 7, 6, 5, 4]], [[0, 0, 1, 1, 1, 1, 0, 0]])
    #expect(try rows(tried.mask(byShare: 1, keeping: two)) == [[1, 1, 0, 0, 1, 1, 0, 0]])
    let one = try #require(SparsityPattern(1, of: 4))
    let single = try exchange([[8, 9, 1, 0, 5, 6, 7, 20]], [[0, 0, 1, 0, 0, 0, 0, 1]])
    #expect(try rows(single.mask(byShare: 1, keeping: one)) == [[0, 1, 0, 0, 0, 0, 0, 1]])
  }
}
