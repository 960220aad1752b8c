@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import BillhookModels
import Foundation
import Testing
import TestSupport

/// Trainings in which units go, beside the same in transformers and PEFT (Scripts/golden_loraprune.py): the
/// same units after each cut, losses of all steps within 2e-5, and the model that is cut out at the end.
@Suite struct GradualGoldenTests {
  private struct File: Decodable {
    struct Window: Decodable {
      let tokens: [Int]
      let first_target: Int
    }
    struct Cut: Decodable {
      let step: Int
      let gone: [String: [Int]]
    }
    let model: String
    let by: String
    let rank: Int?
    let alpha: Double?
    let rate: Double
    let weight_decay: Double?
    let every: Int
    let batch: Int
    let warmup: Int
    let windows: [Window]
    let losses: [Double]
    let cuts: [Cut]
    let loss_after: Double
  }

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("gradual"))) ?? [])
    .sorted()

  private func training(_ file: File) throws -> GradualTraining {
    var training = try GradualTraining(file.model, every: file.every)
    training.tokens = TokenSet(
      file.windows.map { TokenWindow($0.tokens, firstTarget: $0.first_target) },
      note: file.model
    )
    let registry = try Registry(BuiltinPlugins.all)
    training.criterion = try #require(
      registry.plugin(.criterion, named: file.by)?.init() as? any Criterion
    )
    var settings = TrainingSettings()
    settings.learningRate = file.rate
    settings.warmup = .steps(file.warmup)
    settings.steps = file.losses.count
    settings.batch = file.batch
    settings.shuffle = false
    settings.weightDecay = file.weight_decay ?? 0
    if let rank = file.rank {
      var lora = LoRA()
      (lora.rank, lora.alpha, lora.dropout) = (rank, file.alpha ?? 0, 0)
      lora.training = settings
      training.recovery = lora
    } else {
      var cpt = ContinuedPretraining()
      settings.beta2 = 0.95
      cpt.training = settings
      training.recovery = cpt
    }
    return training
  }

  @Test func thereAreSome() { #expect(Self.names.count == 4) }

  @Test(arguments: names) func itIsThatOfPython(name: String) throws {
    let data = try Data(contentsOf: URL(filePath: Fixture.path("gradual/\(name)")))
    let file = try JSONDecoder().decode(File.self, from: data)
    let training = try training(file)
    let attention = try #require(training.model.blocks.first?.attention)
    let headsPerGroup = attention.queryHeads / attention.keyValueHeads
    try Fixture.withFolder { folder in
      let found = try training.run(in: folder)
      #expect(relativeDifference(found.losses, file.losses) < 2e-5)
      for cut in file.cuts {
        for (label, expected) in cut.gone {
          let parts = label.split(separator: " ")
          let block = try #require(parts.first.flatMap { Int($0) })
          let closed = found.gates[cut.step]
            .closed(String(parts[1]), block, headsPerGroup: headsPerGroup)
          #expect(closed == expected, "\(label), step \(cut.step)")
        }
      }
      let loss = try Traversal(found.cut(training.units), .testing(scratch: folder))
        .loss(on: training.tokens).mean
      #expect(abs(loss - file.loss_after) < 2e-5 * file.loss_after)
    }
  }
}
