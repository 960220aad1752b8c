import BillhookCore
import Foundation
import TestSupport
import Testing

/// A run that the system ends, or whose terminal is closed, ends as one that Ctrl-C ends.
@Suite struct SignalTests {
  private static let recipe = """
    model "\(Fixture.tinyModel)"
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" { length = 32, samples = 40 }
    recover cpt on words { steps = 400, batch = 4, checkpoint = 1h }
    save "out/model"
    """

  private func hasBegun(in folder: String) -> Bool {
    let trainings = (try? FileSystem.names(in: "\(folder)/.billhook/products")) ?? []
    return trainings.contains { name in
      let log = "\(folder)/.billhook/products/\(name)/log.jsonl"
      return (FileSystem.size(ofFile: log) ?? 0) > 200
    }
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func aTrainingIsWrittenDownFirst(signal: Int32, status: Int32) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(Self.recipe.utf8), to: "\(folder)/test.recipe")
      let outcome = try Billhook.run(["run", "\(folder)/test.recipe"], sending: signal) {
        hasBegun(in: folder)
      }
      #expect(outcome.status == status, "\(outcome.errors)")
      #expect(outcome.errors.contains("interrupted; what was finished before is in"))
      let trainings = try FileSystem.names(in: "\(folder)/.billhook/products")
      let files = try FileSystem.names(
        in: "\(folder)/.billhook/products/\(try #require(trainings.first))"
      )
      #expect(files.contains("checkpoint.safetensors"), "\(files)")
      #expect(!FileSystem.exists("\(folder)/out"))
    }
  }

  /// As `nohup` starts it.
  @Test func whoIgnoresAClosedTerminalGoesOn() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        """
        prune block on windows { by ppl, remove 1 }
        save "out"
        """,
        in: folder
      )
      let outcome = try Billhook.run(["run", recipe], sending: SIGHUP, ignoresHangup: true) {
        FileSystem.exists("\(folder)/.billhook/runs")
      }
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }
}
