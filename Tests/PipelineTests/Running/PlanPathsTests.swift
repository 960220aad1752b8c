import BillhookCore
import BillhookPipeline
import Testing
import TestSupport

/// Places that a plan reads and writes, beside what a user names on the command line.
@Suite struct PlanPathsTests {
  /// Folders of the command line lie in nothing that the recipe reads or writes.
  @Test func foldersOfTheCommandLine() throws {
    try Fixture.withFolder { folder in
      let plan = try TinyRun("save \"OUT\"", in: folder).plan
      let model = plan.model.path
      for place in [model, "\(model)/notes", "\(folder)/out", "\(folder)/out/notes/tb"] {
        let error = #expect(throws: FileError.self) { try plan.places.check(place, of: "--work") }
        #expect(error?.message.contains("choose another folder for `--work`") == true)
      }
      for place in ["\(folder)/notes", folder, "\(folder)/out-notes"] {
        try plan.places.check(place, of: "--work")
      }
    }
  }
}
