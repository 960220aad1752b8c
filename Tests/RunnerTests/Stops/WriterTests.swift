import BillhookCore
import Foundation
import TestSupport
import Testing

/// Commands that write files, in folders that hold files of somebody else.
@Suite struct WriterTests {
  private func text(_ path: String) throws -> String { try Fixture.text(path) }

  @Test func pagesOfOthersStay() throws {
    try Fixture.withFolder { folder in
      for name in ["README.md", "taylor.md", "notes.md"] {
        try FileSystem.write(Array("mine".utf8), to: "\(folder)/\(name)")
      }
      let outcome = try Billhook.call(["explain", "--pages", folder])
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("README.md, taylor.md; nothing is written"))
      #expect(try FileSystem.names(in: folder) == ["README.md", "notes.md", "taylor.md"])
      #expect(try text("\(folder)/README.md") == "mine")
    }
  }

  @Test func pagesThatNobodyChangedAreWrittenAgain() throws {
    try Fixture.withFolder { folder in
      #expect(try Billhook.call(["explain", "--pages", folder]).status == 0)
      let names = try FileSystem.names(in: folder)
      try FileSystem.write(Array("mine".utf8), to: "\(folder)/notes.md")
      #expect(try Billhook.call(["explain", "--pages", folder]).status == 0)
      #expect(try FileSystem.names(in: folder) == (names + ["notes.md"]).sorted())
      let page = try text("\(folder)/taylor.md")
      let changes: [String] = [
        page.replacing("# `taylor`", with: "# `Taylor`"), page + "more\n", "\(page.dropLast())",
        page.replacing("sha256 ", with: "sha256 0"), "",
      ]
      for changed in changes {
        try FileSystem.write(Array(changed.utf8), to: "\(folder)/taylor.md")
        let outcome = try Billhook.call(["explain", "--pages", folder])
        #expect(outcome.status == 3 && outcome.errors.contains(": taylor.md; nothing"))
        #expect(try text("\(folder)/taylor.md") == changed)
      }
      // A page of an earlier version, with its own last line.
      try FileSystem.write(try FileSystem.read("\(folder)/flap.md"), to: "\(folder)/taylor.md")
      #expect(try Billhook.call(["explain", "--pages", folder]).status == 0)
      #expect(try text("\(folder)/taylor.md") == page)
      try FileSystem.rename("\(folder)/taylor.md", to: "\(folder)/elsewhere.md")
      #expect(symlink("elsewhere.md", "\(folder)/taylor.md") == 0)
      #expect(try Billhook.call(["explain", "--pages", folder]).status == 3)
    }
  }

  @Test func whatIsNoWorkFolderIsNotCleaned() throws {
    try Fixture.withFolder { folder in
      for name in ["runs/tensorboard/e1", "products/w.pt", "stages/x", "hashes.json"] {
        try FileSystem.makeDirectory(FileSystem.parent(of: "\(folder)/\(name)"))
        try FileSystem.write([1], to: "\(folder)/\(name)")
      }
      for arguments in [
        ["clean", "--work", folder], ["clean", "--work", "\(folder)/hashes.json"],
      ] {
        let outcome = try Billhook.call(arguments)
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("is not marked as a work folder of Billhook"))
      }
      #expect(FileSystem.exists("\(folder)/runs/tensorboard/e1"))
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      for command in ["check", "run"] {
        let outcome = try Billhook.call([command, recipe, "--work", folder])
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("holds what Billhook did not put there"))
      }
    }
  }

  /// The same recipe over what its user put beside its result.
  @Test func whatAUserPutsBesideAResultStays() throws {
    try Fixture.withFolder { folder in
      func run(_ cut: Int, _ command: String = "run") throws -> Billhook.Outcome {
        let recipe = try Billhook.recipe(
          """
          prune block on windows { by ppl, remove \(cut) }
          save "out/p" { overwrite = true }
          """,
          in: folder
        )
        return try Billhook.call([command, recipe])
      }
      #expect(try run(1).status == 0)
      try FileSystem.write(Array("a day".utf8), to: "\(folder)/out/p/eval.json")
      let again = try run(1)
      #expect(again.status == 0 && again.errors.contains("it is as it was left"))
      for command in ["check", "run"] {
        let other = try run(2, command)
        #expect(other.status == 1 && other.errors.contains("eval.json (added)"), "\(other.errors)")
      }
      #expect(try text("\(folder)/out/p/eval.json") == "a day")
      #expect(try LanguageModel(opening: "\(folder)/out/p").blocks.count == 3)
      try FileSystem.rename("\(folder)/out/p/eval.json", to: "\(folder)/eval.json")
      #expect(try run(2).status == 0)
      #expect(try LanguageModel(opening: "\(folder)/out/p").blocks.count == 2)
    }
  }

  /// What goes along is part of what a save is known by.
  @Test func aChangedCompanionIsSavedAgain() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/source")
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(folder)/source/\(name)")
      }
      let recipe = """
        model "source"
        prune block { by magnitude, remove 1 }
        save "out" { overwrite = true }
        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/a.recipe")
      for (name, notice) in [("Notice.txt", "one"), ("Notice.txt", "two"), ("tekken.json", "{}")] {
        try FileSystem.write(Array(notice.utf8), to: "\(folder)/source/\(name)")
        let outcome = try Billhook.call(["run", "\(folder)/a.recipe"])
        #expect(outcome.status == 0 && outcome.errors.contains("written and compared"))
        #expect(try text("\(folder)/out/\(name)") == notice)
      }
      let again = try Billhook.call(["run", "\(folder)/a.recipe"])
      #expect(again.errors.contains("it is as it was left"), "\(again.errors)")
    }
  }

  @Test func anAdapterStaysWithWhatWasPutBesideIt() throws {
    try Fixture.withFolder { folder in
      func run(_ rank: Int) throws -> Billhook.Outcome {
        let recipe = try Billhook.recipe(
          "recover lora on windows { rank = \(rank), steps = 1, batch = 1, adapter = \"adapter\" }",
          in: folder
        )
        return try Billhook.call(["run", recipe])
      }
      #expect(try run(1).status == 0)
      try FileSystem.write(Array("mine".utf8), to: "\(folder)/adapter/README.md")
      #expect(try run(1).status == 0)
      #expect(try text("\(folder)/adapter/README.md") == "mine")
      let other = try run(2)
      #expect(other.status == 1)
      #expect(
        other.errors.contains("holds another adapter: `r` is 1 there, and would be 2"),
        "\(other.errors)"
      )
      #expect(try text("\(folder)/adapter/README.md") == "mine")
    }
  }
}
