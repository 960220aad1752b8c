import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook fmt`, as a user calls it.
@Suite struct FormatTests {
  private static let rough = "model   \"m\"{compute=float32} # kept\n\n\nlet a=1"
  private static let smooth = "model \"m\" { compute = float32 } # kept\n\nlet a = 1\n"

  private func withRecipe(_ text: String, _ body: (String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/a.recipe")
      try body("\(folder)/a.recipe")
    }
  }

  private func attributes(_ path: String) throws -> [FileAttributeKey: Any] {
    try FileManager.default.attributesOfItem(atPath: path)
  }

  @Test func changesFilesAndNamesThem() throws {
    try withRecipe(Self.rough) { recipe in
      let permissions: [FileAttributeKey: Any] = [.posixPermissions: 0o640]
      try FileManager.default.setAttributes(permissions, ofItemAtPath: recipe)
      let outcome = try Billhook.call(["fmt", recipe])
      #expect(outcome.status == 0)
      #expect(outcome.output == "\(recipe)\n")
      #expect(outcome.errors.isEmpty)
      #expect(try Fixture.text(recipe) == Self.smooth)
      #expect(try attributes(recipe)[.posixPermissions] as? Int == 0o640)
      #expect(try FileSystem.names(in: FileSystem.parent(of: recipe)) == ["a.recipe"])
    }
  }

  @Test func leavesFormattedFilesUntouched() throws {
    try withRecipe(Self.smooth) { recipe in
      let before = try attributes(recipe)[.systemFileNumber] as? Int
      for arguments in [["fmt", recipe], ["fmt", "--check", recipe]] {
        let outcome = try Billhook.call(arguments)
        #expect(outcome.status == 0)
        #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
      }
      #expect(try attributes(recipe)[.systemFileNumber] as? Int == before)
    }
  }

  @Test func checkChangesNothing() throws {
    try withRecipe(Self.rough) { recipe in
      let outcome = try Billhook.call(["fmt", "--check", recipe])
      #expect(outcome.status == 1)
      #expect(outcome.output == "\(recipe): line 1 would change\n")
      #expect(try Fixture.text(recipe) == Self.rough)
    }
  }

  @Test func aLinkStaysALink() throws {
    try withRecipe(Self.rough) { recipe in
      let link = "\(FileSystem.parent(of: recipe))/link.recipe"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a.recipe")
      #expect(try Billhook.call(["fmt", link]).status == 0)
      #expect(try attributes(link)[.type] as? FileAttributeType == .typeSymbolicLink)
      #expect(try Fixture.text(recipe) == Self.smooth)
    }
  }

  @Test func standardInputGoesToStandardOutput() throws {
    let outcome = try Billhook.run(["fmt", "-"], input: Self.rough)
    #expect(outcome.status == 0)
    #expect(outcome.output == Self.smooth)
    let check = try Billhook.run(["fmt", "--check", "-"], input: Self.rough)
    #expect(check.status == 1)
    #expect(check.output == "<standard input>: line 1 would change\n")
  }

  @Test func wrongSyntaxIsReportedAndLeftAlone() throws {
    try withRecipe("let   a =\n") { recipe in
      let other = "\(FileSystem.parent(of: recipe))/b.recipe"
      try FileSystem.write(Array(Self.rough.utf8), to: other)
      let outcome = try Billhook.call(["fmt", "--format", "short", recipe, "/not/there", other])
      #expect(outcome.status == 1)
      #expect(outcome.errors.hasPrefix("\(recipe):1:10: error: expected a value"))
      #expect(outcome.errors.contains("error: /not/there: "))
      #expect(try Fixture.text(recipe) == "let   a =\n")
      // One recipe's mistakes are no reason to leave out another.
      #expect(outcome.output == "\(other)\n")
    }
  }

  @Test func aRecipeThatWouldBecomeTooLargeIsLeftAlone() throws {
    let braces = String(repeating: "b {\n", count: 60)
    let deep = braces + String(repeating: "a\n", count: 9000) + String(repeating: "}", count: 60)
    let outcome = try Billhook.run(["fmt", "--format", "short", "-"], input: deep)
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("E0001"))
  }

  @Test func noRecipeIsAMistakeOfTheCommandLine() throws {
    #expect(try Billhook.call(["fmt"]).status == 2)
  }
}
