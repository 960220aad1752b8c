@testable import BillhookEngine
import Testing
import TestSupport

/// Loss curves beside those of transformers and PEFT: relative 1e-5 at each of 30 steps in f32.
@Suite struct TrainingGoldenTests {
  @Test(arguments: TrainingCurve.names)
  func lossesAreThoseOfTheReference(name: String) throws {
    try train(name, .keep)
  }

  /// Blocks that are run again on the way back: one curve of each kind of window, update and family's flag.
  @Test(arguments: [
    "cpt-answers", "cpt-gemma2", "cpt-masked", "cpt-tied-biases", "distill-hidden", "lora-masked",
    "lora-packed", "lora-phi3-fused", "lora-tiny",
  ])
  func soTheyAreWhereBlocksAreRunAgain(name: String) throws {
    try train(name, .recompute)
  }

  private func train(_ name: String, _ activations: TrainingSettings.Activations) throws {
    let curve = try TrainingCurve(name)
    var settings = curve.settings
    settings.activations = activations
    let found = try Fixture.withFolder { try curve.train(settings, in: $0).losses }
    #expect(found.count == curve.losses.count)
    #expect(relativeDifference(found, curve.losses) < 1e-5)
  }

  @Test func thereAreCurvesOfBothKinds() throws {
    let curves = try TrainingCurve.names.map { try TrainingCurve($0) }
    #expect(curves.contains { $0.lowRank == nil } && curves.contains { $0.lowRank != nil })
  }
}
