@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// Programs that a saved model is for are asked for again when scores have decided what it is.
@Suite struct SavedForTests {
  /// Gives one block the lowest score.
  struct Lowest: DirectCriterion {
    static let name = "lowest"
    static let summary = "One block is less than all others."
    var block = 0
    static let parameters = [
      Parameter<Lowest>("block", \.block, help: "the one with the lowest score")
    ]

    func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
      units.map { $0.block == block ? 0 : Double(1 + $0.block) }
    }
  }

  /// MLX takes the last of every six blocks for the one without a window.
  ///
  /// Where the first goes, a key says that it is every fifth; where the sixth goes, none can.
  @Test(arguments: [(0, true), (5, false)])
  func whatScoresDecideIsAskedOnceMore(block: Int, fits: Bool) throws {
    try Fixture.withFolder { folder in
      let recipe = """
        prune block { by lowest { block = \(block) }, remove 1 }
        save "OUT" { for = [mlx] }
        """
      let run = try TinyRun(recipe, on: "gemma3", in: folder, also: [Lowest.self])
      if fits {
        #expect(try run.report().failures.isEmpty)
      } else {
        let error = #expect(throws: StepError.self) { try run.report() }
        #expect(error?.message.contains("is a different model in MLX") == true)
      }
      #expect(FileSystem.exists("\(folder)/out") == fits)
    }
  }
}
