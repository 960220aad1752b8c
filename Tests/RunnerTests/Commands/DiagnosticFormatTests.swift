import Foundation
import Testing
import TestSupport

/// The forms in which `check` and `run` show diagnostics.
@Suite struct DiagnosticFormatTests {
  private func errors(_ arguments: [String], _ text: String) throws -> (path: String, text: String)
  {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(text, in: folder)
      let outcome = try Billhook.call(arguments + [recipe])
      #expect(outcome.status == 1)
      return (recipe, outcome.errors)
    }
  }

  private static let wrong = "evaluate perplexty on windows\nevaluate perplexity on window"

  @Test(arguments: ["check", "run"])
  func shortHasOneLineEach(command: String) throws {
    let (path, errors) = try errors([command, "--format", "short"], Self.wrong)
    #expect(
      errors == """
        \(path):3:10: error: no evaluation is named `perplexty` [E0102]
        \(path):4:24: error: no `data` defines `window` before this [E0105]

        """
    )
  }

  @Test(arguments: ["check", "run"])
  func jsonHasOneObjectALine(command: String) throws {
    let (_, errors) = try errors([command, "--format", "json"], Self.wrong)
    let codes = try errors.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return (object as? [String: Any])?["code"] as? String
    }
    #expect(codes == ["E0102", "E0105"])
  }

  @Test func textIsForPeople() throws {
    let (_, errors) = try errors(["check", "--format", "text"], Self.wrong)
    #expect(errors.contains("^^^^^^^^^ did you mean `perplexity`?"))
    #expect(try self.errors(["check"], Self.wrong).text.contains("^^^^^^^^^"))
  }

  @Test func anotherFormIsAMistakeOfTheCommandLine() throws {
    #expect(try Billhook.call(["check", "--format", "yaml", "a.recipe"]).status == 2)
  }
}
