import BillhookModels
import BillhookTorch
@testable import BillhookEngine
import Testing

/// The optimiser beside numbers computed by hand.
@Suite struct AdamWTests {
  @Test func twoStepsAreThoseOfTheAlgorithm() throws {
    var settings = TrainingSettings()
    settings.weightDecay = 0.1
    settings.clip = 0
    let tensor = try TrainedTensor(WeightID(.query, block: 0), .whole, Tensor([1, -2] as [Float]))
    let optimizer = AdamW([tensor], settings)
    var (value, mean, square) = ([1.0, -2.0], [0.0, 0.0], [0.0, 0.0])
    for (step, gradient) in [[3.0, -1.0], [-1.0, 0.5]].enumerated() {
      tensor.gradient = try Tensor(gradient.map { Float($0 * 4) })
      let norm = try optimizer.prepare(targets: 4)
      #expect(
        abs(norm - (gradient[0] * gradient[0] + gradient[1] * gradient[1]).squareRoot()) < 1e-6
      )
      try optimizer.step(learningRate: 0.01)
      for index in 0..<2 {
        mean[index] = 0.9 * mean[index] + 0.1 * gradient[index]
        square[index] = 0.999 * square[index] + 0.001 * gradient[index] * gradient[index]
        let first = mean[index] / (step == 0 ? 0.1 : 1 - 0.9 * 0.9)
        let second = square[index] / (step == 0 ? 0.001 : 1 - 0.999 * 0.999)
        value[index] -= 0.01 * 0.1 * value[index]
        value[index] -= 0.01 * first / (second.squareRoot() + 1e-8)
      }
      let found = try tensor.value.doubles()
      for index in 0..<2 { #expect(abs(found[index] - value[index]) < 1e-6) }
      #expect(tensor.gradient == nil)
    }
  }

  @Test func gradientsAreCutTogetherAndOnlyWhenTheyAreTooLong() throws {
    func cut(_ norm: Double) throws -> [Double] {
      var settings = TrainingSettings()
      settings.clip = norm
      let tensors = try [[3, 0], [0, 4] as [Float]].map { gradient in
        let tensor = try TrainedTensor(WeightID(.up, block: 0), .whole, Tensor.zeros([2]))
        tensor.gradient = try Tensor(gradient)
        return tensor
      }
      #expect(try AdamW(tensors, settings).prepare(targets: 1) == 5)
      return try tensors.flatMap { try $0.gradient?.doubles() ?? [] }
    }
    #expect(try cut(10) == [3, 0, 0, 4])
    #expect(try cut(0) == [3, 0, 0, 4])
    for (found, expected) in zip(try cut(1), [0.6, 0, 0, 0.8]) {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  @Test(arguments: [false, true])
  func normsBiasesAndEmbeddingsDecayOnlyWhenTold(decaysAll: Bool) throws {
    var settings = TrainingSettings()
    settings.weightDecay = 1
    settings.decaysAll = decaysAll
    let roles: [WeightRole] = [.embedding, .attentionNorm, .queryBias, .query, .head]
    let tensors = try roles.map { role in
      let tensor = try TrainedTensor(WeightID(role), .whole, Tensor([1] as [Float]))
      tensor.gradient = try Tensor.zeros([1])
      return tensor
    }
    let optimizer = AdamW(tensors, settings)
    _ = try optimizer.prepare(targets: 1)
    try optimizer.step(learningRate: 0.5)
    let found = try tensors.map { try $0.value.scalar() }
    #expect(found == (decaysAll ? [0.5, 0.5, 0.5, 0.5, 0.5] : [1, 1, 1, 0.5, 0.5]))
  }
}
