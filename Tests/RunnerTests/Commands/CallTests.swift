import BillhookCore
import TestSupport
import Testing

/// Commands that tests call in their own process end and print as in one of their own.
@Suite struct CallTests {
  @Test(arguments: [
    ["explain"], ["explain", "taylor"], ["explain", "taylr"], ["check", "/not/there"],
    ["fmt", "--check", "/not/there"], ["run", "a", "--threads=0"],
    ["inspect", Fixture.tinyModel], ["new", "plugin", "Upper"], ["--version"], ["help", "run"],
  ])
  func aCallIsLikeARun(arguments: [String]) throws {
    let (call, run) = (try Billhook.call(arguments), try Billhook.run(arguments))
    #expect(call.status == run.status)
    #expect(call.output == run.output)
    #expect(call.errors == run.errors)
    #expect(call.output.isEmpty != call.errors.isEmpty)
  }

  @Test func aCalledRecipeIsLikeOneThatIsRun() throws {
    func results(_ run: ([String]) throws -> Billhook.Outcome) throws -> [String] {
      try Fixture.withFolder { folder in
        let outcome = try run(["run", Billhook.recipe(RunTests.recipe, in: folder), "--quiet"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let files = try FileSystem.names(in: "\(folder)/out/pruned").sorted()
        // All but the run's folder, whose name is the time.
        let shown = outcome.output.replacing(folder, with: "").split(separator: "\n").dropLast()
        return shown.map(String.init) + files
      }
    }
    #expect(try results(Billhook.call) == results { try Billhook.run($0) })
  }
}
