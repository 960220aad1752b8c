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
}
