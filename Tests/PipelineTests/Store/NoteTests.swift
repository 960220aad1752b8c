@testable import BillhookPipeline
import TestSupport
import Testing

@testable import BillhookCore
@testable import BillhookModels

/// What the user is told on the way is in the report as well, with the stage that it is from.
@Suite struct NoteTests {
  private static let training = """
    data words = text "text.txt" { length = 16, samples = 6 }
    branch "trained" { recover cpt on words { steps = 2, batch = 2, held_out = 2 } }
    """

  @Test func whatATrainingTellsIsInTheReport() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.training, in: folder)
      // How it goes stands among its losses.
      #expect(try run.run().report.notes == [])
      for file in try run.files("stages", ".json") { try FileSystem.remove(file) }
      let training = try #require(try run.files("products").first)
      try FileSystem.rename(
        "\(training)/weights.safetensors",
        to: "\(training)/checkpoint.safetensors"
      )
      let again = try run.run()
      let note = try #require(again.report.notes.first)
      #expect(again.report.notes.count == 1 && again.notes == [note.text])
      #expect(note.text.contains("the training begins anew"))
      #expect(note.stage?.hasPrefix("recover cpt") == true)
      #expect(note.branches.label == "trained")
      let last = try #require(try run.files("runs").sorted().last)
      let report = try JSON(parsing: FileSystem.read("\(last)/report.json"))
      #expect(report["notes"]?.array?.first?["text"]?.string == note.text)
      let journal = String(decoding: try FileSystem.read("\(last)/journal.jsonl"), as: UTF8.self)
      #expect(journal.contains("the training begins anew"))
    }
  }

  @Test func whatIsOddAboutDataIsInTheReport() throws {
    try Fixture.withFolder { folder in
      let text = Array(String(repeating: "a hedge and a field ", count: 200).utf8)
      try FileSystem.write(text, to: "\(folder)/long.txt")
      let run = try StoreRun(
        "data words = text \"long.txt\"\nevaluate perplexity on words",
        in: folder
      )
      let note = try #require(try run.run().report.notes.first)
      #expect(note.text.contains("a whole document is one window of "))
      #expect(note.text.contains("`length = 256` cuts windows of it"))
    }
  }

  @Test func whatIsSaidOfDamageIsInTheReport() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        "data words = text \"text.txt\" { length = 16 }\nevaluate perplexity on words",
        in: folder
      )
      _ = try run.run()
      let stage = try #require(try run.files("stages", ".json").first)
      try FileSystem.write([1, 2, 3], to: stage)
      let again = try run.run()
      #expect(again.report.notes.map(\.text) == again.notes && again.notes.count == 1)
    }
  }
}
