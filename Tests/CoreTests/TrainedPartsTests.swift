import BillhookCore
import BillhookRecipe
import TestSupport
import Testing

/// What `train` names, and what of it a model has.
@Suite struct TrainedPartsTests {
  private func parts(_ elements: Literal...) throws -> TrainedParts {
    try #require(TrainedParts(.list(elements)))
  }

  private func number(_ text: String) -> Literal { Number(text).map(Literal.number) ?? .word(text) }

  @Test func aListSaysWhatItWasReadFrom() throws {
    let list = try parts(number("3"), .end(.last, 2), .word("norms"), .word("head"))
    #expect(list.literalText == "[3, last 2, norms, head]")
    #expect(list.parts == [.block(3), .last(2), .kind(.norms), .kind(.head)])
    #expect(list.keyPart != (try parts(number("3"), .end(.first, 2), .word("norms"))).keyPart)
  }

  @Test(arguments: [
    Literal.word("head"), .list([.word("heads")]), .list([.string("head")]),
    .list([.boolean(true)]),
    .list([Number("-1").map(Literal.number) ?? .word("")]),
    .list([Number("0.5").map(Literal.number) ?? .word("")]), .list([.list([.word("head")])]),
  ])
  func otherValuesAreNone(literal: Literal) {
    #expect(TrainedParts(literal) == nil)
  }

  /// Weights are counted by hand: the model has 4 blocks of 9 tensors, an embedding, a norm and a head.
  @Test func partsNameWeights() throws {
    let model = try Golden("llama-gqa").model
    func named(_ elements: Literal...) throws -> Set<WeightID> {
      try #require(TrainedParts(.list(elements))).weights(of: model)
    }
    #expect(try named(.end(.last, 1)) == named(number("3")))
    #expect(try named(.end(.first, 2)).count == 2 * 9)
    #expect(try named(.end(.last, 1), number("3")).count == 9)
    #expect(try named(.word("norms")).count == 2 * 4 + 1)
    #expect(try named(.word("attention")).count == 5 * 4)
    #expect(try named(.word("mlp")).count == 4 * 4)
    #expect(try named(.word("query")).count == 4)
    #expect(try named(.word("embedding")) == [WeightID(.embedding)])
    #expect(try named(.word("head")) == [WeightID(.head)])
    #expect(try named(.word("attention"), .word("norms")).count == 5 * 4 + 4 + 1)
  }

  /// Numbers are those of the opened model, and an end is that of the blocks that are left.
  @Test func blocksThatAreLeft() throws {
    let cut = try Golden("llama-gqa").model.removingBlocks([3, 1])
    let last = try parts(.end(.last, 1)).weights(of: cut)
    #expect(Set(last.compactMap(\.block)) == [2])
    #expect(try parts(number("1")).weights(of: cut).isEmpty)
    #expect(try parts(number("1")).problem(with: cut) == "names block 1; the blocks are 0, 2")
    #expect(try parts(.end(.first, 3)).problem(with: cut) == "names the first 3 blocks of 2")
    #expect(try parts(.end(.first, 2), .word("head")).problem(with: cut) == nil)
    #expect(try parts(.word("biases")).problem(with: cut)?.contains("has none") == true)
    #expect(try parts().problem(with: cut)?.contains("names nothing") == true)
  }

  /// A head that is the table of embeddings is trained as that table.
  @Test func aTiedHead() throws {
    let model = try Golden("llama-tied-biases").model
    #expect(try parts(.word("head")).weights(of: model) == [WeightID(.embedding)])
    #expect(try parts(.word("head")).problem(with: model) == nil)
    #expect(try !parts(.word("biases")).weights(of: model).isEmpty)
  }
}
