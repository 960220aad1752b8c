@testable import BillhookEngine
import Testing
import TestSupport

/// Loss curves beside those of PyTorch in f64 (Scripts/golden_distillation.py): relative 1e-4 at each of 30
/// steps in f32, whichever way blocks are kept.
@Suite struct DistillationGoldenTests {
  static let names = TrainingCurve.exactNames

  private func curve(_ name: String) throws -> TrainingCurve {
    try TrainingCurve(name, in: "distillation")
  }

  @Test(arguments: names)
  func lossesAreThoseOfTheReference(name: String) throws {
    try train(name, .keep)
  }

  @Test(arguments: ["forward", "jensen-shannon-gemma2", "last-block-hidden", "reverse-biases"])
  func soTheyAreWhereBlocksAreRunAgain(name: String) throws {
    try train(name, .recompute)
  }

  private func train(_ name: String, _ activations: TrainingSettings.Activations) throws {
    let curve = try curve(name)
    var settings = curve.settings
    settings.activations = activations
    let found = try Fixture.withFolder { try curve.train(settings, in: $0).losses }
    #expect(found.count == 30 && curve.losses.count == 30)
    #expect(relativeDifference(found, curve.losses) < 1e-4)
  }

  /// A teacher whose whole distributions are kept teaches what it does in memory: relative 1e-5.
  @Test(arguments: names)
  func wholeDistributionsThatAreKept(name: String) throws {
    let curve = try curve(name)
    guard curve.kept != nil else { return }
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: nil, in: folder)
      let kept = try curve.train(in: "\(folder)/kept", learningFrom: predictions).losses
      let running = try curve.train(in: "\(folder)/running").losses
      #expect(relativeDifference(kept, running) < 1e-5)
      #expect(relativeDifference(kept, curve.losses) < 1e-4)
    }
  }

  @Test(arguments: names)
  func fewTokensThatAreKept(name: String) throws {
    let curve = try curve(name)
    guard let kept = curve.kept else { return }
    try Fixture.withFolder { folder in
      let predictions = try curve.predictions(keeping: kept.count, in: folder)
      let found = try curve.train(in: "\(folder)/kept", learningFrom: predictions).losses
      #expect(found.count == 30)
      #expect(relativeDifference(found, kept.losses) < 1e-4)
      // A lower bound: nothing was changed yet.
      #expect(found[0] < curve.losses[0])
    }
  }

  @Test func thereAreCurvesOfAllKinds() throws {
    let curves = try Self.names.map(curve)
    let kinds = curves.compactMap { $0.lesson?.divergence }
    #expect(kinds.contains(.forward) && kinds.contains(.reverse) && kinds.count >= 6)
    #expect(curves.count { $0.parts != nil } == 4)
    #expect(curves.count { $0.kept != nil } == 6)
  }
}
