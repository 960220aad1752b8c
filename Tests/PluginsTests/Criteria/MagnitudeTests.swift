import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct MagnitudeTests {
  private func score(_ criterion: Magnitude, _ weight: Tensor) throws -> Double {
    let id = WeightID(.query, block: 0)
    return try criterion.reduction.reduce(
      criterion.saliency(of: weight, id, Statistics()),
      Slice(whole: id, shape: weight.shape),
      units: 1
    )
    .scalar()
  }

  @Test func byHand() throws {
    let weight = try Tensor([1, -2, 3, -4, 5, -6] as [Float], shape: [2, 3])
    var criterion = Magnitude()
    #expect(try score(criterion, weight) == 21)
    criterion.p = 2
    #expect(try score(criterion, weight) == 91)
    // Rows sum to 6 and 15; only then comes the other way of making one number.
    criterion.p = 1
    criterion.inside = .max
    #expect(try score(criterion, weight) == 15)
    criterion.inside = .mean
    #expect(try score(criterion, weight) == 10.5)
    criterion.inside = .product
    #expect(try score(criterion, weight) == 90)
    criterion.inside = .l2
    #expect(try abs(score(criterion, weight) - 16.15549442140351) < 1e-12)
  }

  @Test func overTheWeightsOfUnits() throws {
    func combined(_ method: SaliencyReduction.Method) throws -> [Double]? {
      try SaliencyReduction(over: method).combine(
        [[2, -1], [3, 1], [4, 3]].map { try Tensor($0 as [Double]) }
      )?.doubles()
    }
    #expect(try combined(.sum) == [9, 3])
    #expect(try combined(.mean) == [3, 1])
    #expect(try combined(.max) == [4, 3])
    #expect(try combined(.product) == [24, -3])
    let roots = [29, 11].map { Double($0).squareRoot() }
    #expect(try combined(.l2) == roots)
    #expect(try SaliencyReduction().combine([]) == nil)
    let faulty = try [[1, .nan], [2, 3]].map { try Tensor($0 as [Double]) }
    #expect(try SaliencyReduction(over: .max).combine(faulty)?.doubles()[1].isNaN == true)
  }

  @Test func unitsThatShareAWeightAreScoredByTheirParts() throws {
    // Two units of two rows each, and three of a column each: as heads and channels are.
    let weight = try Tensor(
      [1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, 12] as [Float],
      shape: [4, 3]
    )
    let id = WeightID(.up, block: 0)
    let rows = Slice(id, shape: [4, 3], dimension: 0, extent: 2)
    let column = Slice(id, shape: [4, 3], dimension: 1, extent: 1)
    let saliency = try Magnitude().saliency(of: weight, id, Statistics())
    func reduced(_ reduction: SaliencyReduction, _ saliency: Tensor, _ slice: Slice, _ units: Int)
      throws -> [Double]
    { try reduction.reduce(saliency, slice, units: units).doubles() }
    #expect(try reduced(SaliencyReduction(), saliency, rows, 2) == [21, 57])
    #expect(try reduced(SaliencyReduction(inside: .max), saliency, rows, 2) == [15, 33])
    #expect(try reduced(SaliencyReduction(), saliency, column, 3) == [22, 26, 30])
    // The sign of a sum of a row or column: 2, -5, 8, 13 and -6, 6, 18.
    let vectors = SaliencyReduction(sign: .dropped)
    #expect(try reduced(vectors, weight, rows, 2) == [7, 21])
    #expect(try reduced(vectors, weight, column, 3) == [6, 6, 18])
    #expect(rows.parameterCount == 6)
    #expect(column.parameterCount == 4)
  }

  @Test func needsNoDataAndLeavesBiasesOut() throws {
    let golden = try Golden("llama-tied-biases")
    let scoring = Scoring(golden.model, [Block()], .testing())
    let found = try scoring.scored(by: Magnitude(), on: nil).values
    // Seven projections and two norms, none of the seven biases.
    let expected = try golden.model.blocks.map { block in
      let counted = golden.model.configuration.weights(of: block).map(\.id).filter {
        $0.role.kind != .bias
      }
      #expect(counted.count == 9)
      return try counted.reduce(0) {
        $0 + (try golden.model.weights.stored($1).to(.float32).abs().sum(dtype: .float64).scalar())
      }
    }
    #expect(relativeDifference(found, expected) < 1e-12)
  }
}
