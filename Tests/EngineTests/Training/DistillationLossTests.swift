import BillhookTorch
@testable import BillhookEngine
import Foundation
import Testing
import TestSupport

/// Losses of rows and their gradients beside those of autograd in f64 (Scripts/golden_distillation.py):
/// absolute 2e-6 times the largest, in f32.
@Suite struct DistillationLossTests {
  private static let file: File = {
    let path = URL(filePath: Fixture.path("distillation/losses.json"))
    guard let data = try? Data(contentsOf: path),
      let file = try? JSONDecoder().decode(File.self, from: data)
    else { return File(vocabulary: 1, teacher: [], student: [], targets: [], cases: []) }
    return file
  }()

  private func rows(_ numbers: [Double]) throws -> Tensor {
    try Tensor(numbers.map(Float.init), shape: [Self.file.targets.count, Self.file.vocabulary])
  }

  /// The loss and gradient of each row by itself.
  private func found(
    _ loss: (_ row: Int, _ targets: Tensor, _ logits: Tensor) throws -> (Double, Tensor)
  ) throws -> (losses: [Double], gradient: [Double]) {
    let logits = try rows(Self.file.student)
    var (losses, gradient): ([Double], [Double]) = ([], [])
    for row in 0..<logits.shape[0] {
      let own = try logits.narrowed(0, to: row..<row + 1).copied()
      let found = try loss(row, Tensor([Self.file.targets[row]]), own)
      losses.append(found.0)
      gradient += try found.1.to(.float64).doubles()
    }
    return (losses, gradient)
  }

  private func expect(
    _ found: (losses: [Double], gradient: [Double]),
    _ expected: File.Found
  ) {
    for (mine, theirs) in [
      (found.losses, expected.losses), (found.gradient, expected.gradient),
    ] {
      let size = theirs.map(abs).max() ?? 0
      #expect(mine.count == theirs.count && size > 0)
      #expect(zip(mine, theirs).allSatisfy { abs($0 - $1) < 2e-6 * max(1, size) })
    }
  }

  @Test func thereAreCases() { #expect(Self.file.cases.count == 10) }

  @Test(arguments: file.cases)
  func wholeDistributions(golden: File.Case) throws {
    let teacher = try rows(Self.file.teacher)
    let lesson = Distillation(
      keeping: nil,
      by: golden.kind,
      temperature: golden.temperature,
      share: golden.share
    )
    let found = try found { row, targets, logits in
      try lesson.loss(of: targets, logits) { try teacher.narrowed(0, to: row..<row + 1).copied() }
    }
    expect(found, golden.all)
  }

  /// Beside a few tokens and all others as one class, what is left out is as large as the others say.
  @Test(arguments: file.cases)
  func theLikeliestTokens(golden: File.Case) throws {
    let lesson = Distillation(
      keeping: golden.kept,
      by: golden.kind,
      temperature: golden.temperature,
      share: golden.share
    )
    let soft = try (rows(Self.file.teacher) * (1 / golden.temperature)).logSoftmax(-1)
    let found = try found { row, targets, logits in
      let own = try soft.narrowed(0, to: row..<row + 1)
      let kept = try own.largest(Self.file.vocabulary)
      let rest = try kept.values.narrowed(1, to: golden.kept..<Self.file.vocabulary).logSumExp(-1)
      return try lesson.loss(
        of: targets,
        logits,
        keeping: kept.positions.narrowed(1, to: 0..<golden.kept),
        given: Tensor.joined(
          [kept.values.narrowed(1, to: 0..<golden.kept), rest.unsqueezed(-1)],
          along: 1
        )
      )
    }
    expect(found, golden.some)
    for (row, loss) in found.losses.enumerated() {
      let missing = golden.all.losses[row] - loss
      if case .jensenShannon = golden.kind {
        #expect(missing > -1e-6 && missing < golden.left_out[row])
      } else {
        #expect(abs(missing - golden.left_out[row]) < 3e-6)
      }
      #expect(golden.left_out[row] > 1e-4)
    }
  }

  /// With all tokens but one kept, the others are that one.
  @Test(arguments: file.cases)
  func allTokensButOne(golden: File.Case) throws {
    let lesson = Distillation(
      keeping: Self.file.vocabulary - 1,
      by: golden.kind,
      temperature: golden.temperature,
      share: golden.share
    )
    let soft = try (rows(Self.file.teacher) * (1 / golden.temperature)).logSoftmax(-1)
    let found = try found { row, targets, logits in
      let kept = try soft.narrowed(0, to: row..<row + 1).largest(Self.file.vocabulary)
      return try lesson.loss(
        of: targets,
        logits,
        keeping: kept.positions.narrowed(1, to: 0..<Self.file.vocabulary - 1),
        given: kept.values
      )
    }
    expect(found, golden.all)
  }

  /// Beyond the tokens that both have, the teacher's logits teach nothing, and the student's get no gradient
  /// but that of the data, which is nothing for tokens that it thinks impossible.
  @Test(arguments: file.cases)
  func tokensOfOneAlone(golden: File.Case) throws {
    func padded(_ tensor: Tensor, by value: Double) throws -> Tensor {
      let added = try Tensor.full([tensor.shape[0], 3], value, dtype: tensor.dtype)
      return try Tensor.joined([tensor, added], along: 1)
    }
    func cut(_ found: (sum: Double, gradient: Tensor)) throws -> (Double, Tensor) {
      let all = 0..<found.gradient.shape[1]
      let (own, added) = (0..<Self.file.vocabulary, Self.file.vocabulary..<all.upperBound)
      #expect(try found.gradient.narrowed(1, to: added).doubles() == [0, 0, 0])
      return (found.sum, try found.gradient.narrowed(1, to: own))
    }
    let teacher = try rows(Self.file.teacher)
    let soft = try (teacher * (1 / golden.temperature)).logSoftmax(-1)
    func lesson(_ kept: Int?) -> Distillation {
      Distillation(
        keeping: kept,
        by: golden.kind,
        temperature: golden.temperature,
        share: golden.share
      )
    }
    // What the student thinks of a token that the teacher lacks is compared with nothing.
    let impossible = golden.share < 1 ? -1e4 : 5.0
    let whole = try found { row, targets, logits in
      let row = row..<row + 1
      return try cut(
        lesson(nil).loss(of: targets, padded(logits, by: impossible)) {
          try teacher.narrowed(0, to: row).copied()
        }
      )
    }
    expect(whole, golden.all)
    let fromWider = try found { row, targets, logits in
      let row = row..<row + 1
      return try lesson(nil).loss(of: targets, logits) {
        try padded(teacher.narrowed(0, to: row), by: 5)
      }
    }
    expect(fromWider, golden.all)
    let some = try found { row, targets, logits in
      let kept = try soft.narrowed(0, to: row..<row + 1).largest(Self.file.vocabulary)
      let rest = try kept.values.narrowed(1, to: golden.kept..<Self.file.vocabulary).logSumExp(-1)
      return try cut(
        lesson(golden.kept).loss(
          of: targets,
          padded(logits, by: impossible),
          keeping: kept.positions.narrowed(1, to: 0..<golden.kept),
          among: Self.file.vocabulary,
          given: Tensor.joined(
            [kept.values.narrowed(1, to: 0..<golden.kept), rest.unsqueezed(-1)],
            along: 1
          )
        )
      )
    }
    expect(some, golden.some)
  }

  struct File: Decodable, Sendable {
    struct Found: Decodable, Sendable {
      let losses: [Double]
      let gradient: [Double]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
      let divergence: String
      let beta: Double?
      let temperature: Double
      let share: Double
      let kept: Int
      let all: Found
      let some: Found
      let left_out: [Double]

      var kind: Divergence {
        switch divergence {
        case "forward": .forward
        case "reverse": .reverse
        default: .jensenShannon(beta: beta ?? 0)
        }
      }

      var testDescription: String {
        "\(divergence) \(beta ?? 0) at \(temperature), \(share)"
      }
    }

    let vocabulary: Int
    let teacher: [Double]
    let student: [Double]
    let targets: [Int]
    let cases: [Case]
  }
}
