import BillhookCore
import BillhookEngine
import BillhookModels
import BillhookTorch
import Testing

/// What evidence leaves behind, as named tensors.
@Suite struct TensorBundleTests {
  private func again<Bundle: TensorBundle>(_ bundle: Bundle) throws -> Bundle {
    try Bundle(tensors: bundle.tensors)
  }

  @Test func numbersKeepEveryBit() throws {
    for number in [0.1, -0.0, .infinity, .leastNonzeroMagnitude, 1 + .ulpOfOne] {
      #expect(try again(number).bitPattern == number.bitPattern)
    }
    #expect(try again(Double.nan).isNaN)
    #expect(try again(Int.max) == .max)
    #expect(try again([1.5, -2, 1e-300]) == [1.5, -2, 1e-300])
    #expect(try again([Double]()) == [])
    let loss = TokenLoss(sum: 12.3456789012345678, count: 1 << 60)
    #expect(try again(loss) == loss)
  }

  @Test func dictionariesNestNames() throws {
    let values: [UnitGranularity: Double] = [.block: 1.25, .mlp: -3]
    #expect(try values.tensors.keys.sorted() == ["block/value", "mlp/value"])
    #expect(try again(values) == values)
    let lent = LentWeights(block: 7, [.query: try Tensor([1, 2] as [Float])])
    #expect(try lent.tensors.keys.sorted() == ["block", "query"])
    let read = try again(lent)
    #expect(read.block == 7 && read.roles == [.query])
    #expect(try again(LentWeights(block: nil, [:])).block == nil)
  }

  @Test func whatIsMissingIsNamed() throws {
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    let one = ["sum": try Tensor([1.0])]
    #expect(
      message { _ = try TokenLoss(tensors: one) } == "expected the tensor `count`, found `sum`"
    )
    #expect(
      message { _ = try Double(tensors: ["value": Tensor([1.0, 2])]) }
        == "expected one number in the tensor `value`, found 2"
    )
    #expect(
      message { _ = try [UnitGranularity: Double](tensors: one) } == "the tensor `sum` has no key"
    )
    #expect(
      message { _ = try [UnitGranularity: Double](tensors: ["leg/value": Tensor([1.0])]) }
        == "there is no UnitGranularity called `leg`"
    )
    #expect(
      message { _ = try LentWeights(tensors: one) } == "there is no weight called `sum`"
    )
  }
}
