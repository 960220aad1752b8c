import BillhookModels
import BillhookTorch
@testable import BillhookConformance
import Testing

/// Whatever an author makes a result of, its numbers are found, in one order.
@Suite struct NumbersInsideTests {
  struct Result {
    var mean: Double?
    let count: UInt8
    let name = "words hold none"
    let tensor: Tensor
    let nested: [(Int, Float)]
  }

  @Test func numbersAreFoundInTheOrderOfTheirPlaces() throws {
    let result = Result(
      mean: 0.5,
      count: 7,
      tensor: try Tensor([1.5, 2.5] as [Float]),
      nested: [(1, 2), (3, 4)]
    )
    #expect(try NumbersInside(result).values == [0.5, 7, 1.5, 2.5, 1, 2, 3, 4])
    #expect(try NumbersInside("nothing").values.isEmpty)
    #expect(try NumbersInside(Double?.none as Any).values.isEmpty)
  }

  @Test func dictionariesAndSetsAreReadInOneOrder() throws {
    let roles: [WeightRole: [Double]] = [.query: [1], .down: [2, 3], .embedding: [4]]
    #expect(try NumbersInside(roles).values == [2, 3, 4, 1])
    #expect(try NumbersInside(Set([3, 1, 2])).values == [1, 2, 3])
  }
}
