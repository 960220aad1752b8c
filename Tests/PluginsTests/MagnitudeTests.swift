import BillhookModels
import BillhookTorch
import Testing
import TestSupport

@testable import BillhookCore
@testable import BillhookPlugins

@Suite struct MagnitudeTests {
  private func score(_ criterion: Magnitude, _ weight: Tensor) throws -> Double {
    let findings = Findings()
    return try criterion.reduction.reduce(
      criterion.saliency(of: weight, WeightID(.query, block: 0), findings)
    )
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

  @Test func overTheWeightsOfAUnit() {
    func combined(_ method: SaliencyReduction.Method) -> Double? {
      SaliencyReduction(over: method).combine([2, 3, 4])
    }
    #expect(combined(.sum) == 9)
    #expect(combined(.mean) == 3)
    #expect(combined(.max) == 4)
    #expect(combined(.product) == 24)
    #expect(combined(.l2) == 29.0.squareRoot())
    #expect(SaliencyReduction().combine([]) == nil)
  }

  @Test func unitsThatShareAWeightAreScoredByTheirParts() throws {
    // A unit of two rows and one of a column, as heads and channels will be.
    let weight = try Tensor([1, -2, 3, -4, 5, -6, 7, -8, 9] as [Float], shape: [3, 3])
    let id = WeightID(.up, block: 0)
    let rows = Slice(id, shape: [3, 3], dimension: 0, range: 1..<3)
    let column = Slice(id, shape: [3, 3], dimension: 1, range: 2..<3)
    let saliency = try Magnitude().saliency(of: weight, id, Findings())
    #expect(try SaliencyReduction().reduce(rows.part(of: saliency)) == 39)
    #expect(try SaliencyReduction().reduce(column.part(of: saliency)) == 18)
    #expect(rows.parameterCount == 6)
    #expect(column.parameterCount == 3)
  }

  @Test func needsNoDataAndLeavesBiasesOut() throws {
    let golden = try Golden("llama-tied-biases")
    let scoring = Scoring(golden.model, Block(), .testing())
    let measured = try scoring.measure(for: Magnitude(), on: nil)
    guard case .saliencies(let saliencies) = measured else {
      Issue.record("magnitude is a value for each weight")
      return
    }
    // Seven projections and two norms, none of the seven biases.
    #expect(saliencies.map(\.count) == [9, 9, 9])
  }
}
