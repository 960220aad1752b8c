import BillhookCore
import Foundation
import TestSupport
import Testing

/// `billhook new plugin`: what it writes, and what it refuses.
///
/// Scripts/try_new_plugin.sh builds what it writes, and runs it.
@Suite struct NewPluginTests {
  private func new(_ arguments: String...) throws -> Billhook.Outcome {
    try Billhook.call(["new", "plugin"] + arguments + ["--billhook", Fixture.repository])
  }

  static let kinds = [
    "criterion", "unit", "evidence", "allocation", "refiner", "repair", "quantiser", "recovery",
    "data",
    "evaluation",
    "format",
  ]

  @Test(arguments: kinds)
  func writesAPackageThatIsRight(kind: String) throws {
    try Fixture.withFolder { folder in
      let outcome = try new("own_idea", "--kind", kind, "--in", folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("cd \(folder)/own-idea\n"))
      let package = "\(folder)/own-idea"
      let names = try FileSystem.names(in: package).sorted()
      #expect(
        names == [
          ".gitignore", "Makefile", "Package.swift", "README.md", "Sources", "Tests",
          "own_idea.recipe",
        ]
      )
      let source = try Fixture.text("\(package)/Sources/OwnIdea.swift")
      #expect(source.contains("struct OwnIdea: ") && source.contains("name = \"own_idea\""))
      #expect(source.contains("ill in"))
      // A failed `#expect` shows values, but not those of an expression with `try`.
      let tests = try FileSystem.names(in: "\(package)/Tests")
      for name in tests {
        #expect(!(try Fixture.text("\(package)/Tests/\(name)").contains("#expect(try ")))
      }
      #expect(!tests.isEmpty)
      // Where products lie is up to Swift.
      let makefile = try Fixture.text("\(package)/Makefile")
      #expect(makefile.contains("--show-bin-path"))
      for text in [makefile, try Fixture.text("\(package)/README.md")] {
        #expect(!text.contains(".build/"))
      }
      let sources = try FileSystem.names(in: "\(package)/Sources")
      #expect(
        try SwiftCompiler.complaints(about: sources.map { "\(package)/Sources/\($0)" }).isEmpty
      )
      let formatted = try Billhook.call(["fmt", "--check", "\(package)/own_idea.recipe"])
      #expect(formatted.status == 0, "\(formatted.output)\(formatted.errors)")
      // Everything about the recipe is right but that this program does not know the plugin.
      let checked = try Billhook.call(["check", "\(package)/own_idea.recipe", "--format", "short"])
      let errors = checked.errors.split(separator: "\n").filter { $0.contains(": error: ") }
      #expect(!errors.isEmpty && errors.allSatisfy { $0.contains("E0102") }, "\(checked.errors)")
    }
  }

  @Test(arguments: [
    (["Upper"], "found `Upper`"), (["2nd"], "begins with a letter"), (["a-b"], "found `a-b`"),
    (["true"], "found `true`"), ([""], "found ``"),
    (["taylor"], "there is a criterion named `taylor` already"),
    (["block", "--kind", "unit"], "there is a pruning unit named `block` already"),
    (["own", "--kind", "thing"], "--kind"), ([], "Missing expected argument"),
    (["own", "--billhook", "nowhere"], "expected a folder with Billhook's Package.swift"),
  ])
  func refuses(arguments: [String], says: String) throws {
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call(["new", "plugin"] + arguments + ["--in", folder])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
      #expect(try FileSystem.names(in: folder).isEmpty)
    }
  }

  @Test func nothingIsOverwritten() throws {
    try Fixture.withFolder { folder in
      #expect(try new("own", "--in", folder).status == 0)
      let second = try new("own", "--kind", "data", "--in", folder)
      #expect(second.status == 2)
      #expect(second.errors.contains("own is there already"))
      #expect(try Fixture.text("\(folder)/own/Sources/Own.swift").contains("SaliencyCriterion"))
    }
  }

  @Test func theCheckoutOfThisProgramIsFound() throws {
    let built = try #require(Billhook.folder)
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call(["new", "plugin", "own", "--in", folder])
      if FileSystem.resolved(built).hasPrefix(Fixture.repository + "/") {
        #expect(outcome.status == 0)
        let manifest = try Fixture.text("\(folder)/own/Package.swift")
        #expect(manifest.contains(".package(path: \"\(Fixture.repository)\")"))
      } else {
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("say where one is with --billhook"))
      }
    }
  }
}
