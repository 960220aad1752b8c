import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookFiles
@testable import BillhookModels
@testable import BillhookPipeline
@testable import BillhookResolver
import Foundation
import TestSupport
import Testing

/// Where a recipe may write: not into, onto or around what it reads, nor where nothing can be written.
@Suite struct PlaceTests {
  /// A folder with a model, a second one, data and scores, and a link to each.
  private func withPlaces<Result>(_ body: (String) throws -> Result) throws -> Result {
    try Fixture.withFolder { folder in
      for name in ["models/a", "models/teacher"] {
        try FileSystem.makeDirectory("\(folder)/\(name)")
        for file in ["config.json", "model.safetensors"] {
          let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(file)"))
          try FileSystem.write(bytes, to: "\(folder)/\(name)/\(file)")
        }
      }
      for name in ["data", "links", "scores", "full"] {
        try FileSystem.makeDirectory("\(folder)/\(name)")
      }
      try FileSystem.write(Array("1 2 3 4 5 6\n".utf8), to: "\(folder)/data/words.txt")
      try FileSystem.write(
        Array("unit,score\n0,1\n1,2\n2,3\n3,4\n".utf8),
        to: "\(folder)/scores/a.csv"
      )
      try FileSystem.write([1], to: "\(folder)/file")
      #expect(symlink("../models/a", "\(folder)/links/model") == 0)
      #expect(symlink("../models", "\(folder)/links/models") == 0)
      return try body(folder)
    }
  }

  private func messages(
    _ steps: String,
    model: String = "models/a",
    named name: String = "test.recipe",
    in folder: String
  ) throws -> [String] {
    let text = """
      model "\(model)"
      data words = tokens "data/words.txt" { bos = none }
      evaluate perplexity on words
      \(steps)
      """
    try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)")
    let parsed = Recipe.parse(SourceText(name: "\(folder)/\(name)", text: text))
    #expect(parsed.diagnostics.isEmpty)
    let registry = try Registry(BuiltinPlugins.all)
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    let plan = resolved.plan
    return
      (resolved.diagnostics
      + (plan.map { PlanCheck.diagnostics(of: $0, work: "\(folder)/.billhook") } ?? []))
      .map(\.message)
  }

  static let refused: [(steps: String, says: String)] = [
    ("save \"models/a\"", "is the model that the recipe starts with"),
    ("save \"models/a\" { overwrite = true }", "is the model that the recipe starts with"),
    ("save \"links/model\"", "is the model that the recipe starts with"),
    ("save \"links/models/a\"", "is the model that the recipe starts with"),
    ("save \"data/../models/../models/a\"", "is the model that the recipe starts with"),
    ("save \"models/a/small\"", "lies inside the model that the recipe starts with"),
    ("save \"models/a/not/there/yet\"", "lies inside the model that the recipe starts with"),
    ("save \"links/model/small\"", "lies inside the model that the recipe starts with"),
    ("save \"models\" { overwrite = true }", "holds the model that the recipe starts with"),
    ("save \"links/models\"", "holds the model that the recipe starts with"),
    ("save \"data\"", "holds the data `words`"),
    ("save \"data/words.txt\"", "is the data `words`; save to another path"),
    (
      "prune block { by scores \"scores/a.csv\", remove 1 }\nsave \"scores\"",
      "holds a file of `scores`"
    ),
    (
      "recover distill on words { teacher = \"models/teacher\" }\nsave \"models/teacher\"",
      "is a model of `distill`"
    ),
    (
      "recover distill on words { teacher = \"models/teacher\" }\nsave \"models/teacher/x\"",
      "lies inside a model of `distill`"
    ),
    ("recover lora on words { adapter = \"models/a/adapter\" }", "lies inside the model"),
    ("recover lora on words { adapter = \"data\" }", "holds the data `words`"),
    ("save \"test.recipe\"", "is the recipe"),
    ("save \".billhook/out\"", "lies inside the work folder"),
    ("save \".billhook\"", "is the work folder"),
    ("save \".\"", "holds "),
    ("save \"..\"", "holds "),
    ("save \"/\"", "holds "),
    ("save \"out\"\nsave \"out/deeper\"", "lies inside"),
    ("save \"out/deeper\"\nsave \"out\"", "lies inside"),
    (
      "save \"out\"\nrecover lora on words { adapter = \"out/adapter\" }", "which the recipe writes"
    ),
    ("save \"new/a\"\nsave \"new/b/../a\"", "stands here a second time"),
    ("save \"file\"", "is a file, which a saved directory cannot replace"),
    ("save \"file/out\"", "file is not a folder"),
    ("save \"data/words.txt/out\"", "words.txt is not a folder"),
    ("save \"\(String(repeating: "n", count: 256))\"", "is longer than the 255 bytes"),
    ("save \"/dev/null/out\"", "/dev/null is not a folder"),
    ("recover lora on words { adapter = \"models/teacher\" }", "holds no adapter"),
  ]

  @Test(arguments: refused.indices)
  func refuses(index: Int) throws {
    let (steps, says) = Self.refused[index]
    try withPlaces { folder in
      let messages = try messages(steps, in: folder)
      #expect(messages.contains { $0.contains(says) }, "\(steps): \(messages)")
    }
  }

  static let allowed = [
    "save \"out\"", "save \"models/b\"", "save \"models/a2\"", "save \"models/teacher\"\n#",
    "save \"links/out\"", "save \"data/out\"", "save \"out/a\"\nsave \"out/b\"",
    "save \"out\"\nsave \"out-2\"", "save \"full\"",
    "recover lora on words { adapter = \"out/adapter\" }\nsave \"out/model\"",
  ]

  @Test(arguments: allowed)
  func allows(steps: String) throws {
    try withPlaces { folder in
      try FileSystem.remove("\(folder)/models/teacher")
      #expect(try messages(steps, in: folder) == [])
    }
  }

  /// What links lead to may change while a run is busy.
  @Test func linksAreFollowedAgain() throws {
    try withPlaces { folder in
      let text = "model \"models/a\"\nsave \"links/out\"\n"
      let parsed = Recipe.parse(SourceText(name: "test.recipe", text: text))
      let resolved = Resolver.resolve(
        parsed.recipe,
        registry: try Registry(BuiltinPlugins.all),
        folder: folder
      )
      let plan = try #require(resolved.plan)
      let places = PlanPaths(plan.inputs, plan.uses, work: nil)
      try places.check("\(folder)/links/out")
      #expect(symlink("../models/a", "\(folder)/links/out") == 0)
      #expect(throws: FileError.self) { try places.check("\(folder)/links/out") }
    }
  }

  @Test func theWorkFolderHasToBeOneThatCanBeWritten() throws {
    try withPlaces { folder in
      #expect(WorkFolder.obstacle(to: "\(folder)/new/work") == nil)
      #expect(WorkFolder.obstacle(to: "\(folder)/full") == nil)
      #expect(WorkFolder.obstacle(to: "\(folder)/file")?.contains("is not a folder") == true)
      #expect(
        WorkFolder.obstacle(to: folder)?.contains("holds what Billhook did not put there") == true
      )
    }
  }

  @Test func aFolderThatNobodyMayWriteToIsFound() throws {
    try withPlaces { folder in
      #expect(chmod("\(folder)/full", 0o555) == 0)
      // Whoever may do everything may write there too.
      guard access("\(folder)/full", W_OK) != 0 else { return }
      let says =
        "nothing can be written into \(FileSystem.resolved(folder))/full: Permission denied"
      for steps in ["save \"full/out\"", "save \"full/deeper/out\"", "save \"full\""] {
        let messages = try messages(steps, in: folder)
        #expect(messages.contains { $0.contains(says) }, "\(steps): \(messages)")
      }
      #expect(WorkFolder.obstacle(to: "\(folder)/full/work")?.contains(says) == true)
    }
  }

  @Test func aDiskThatWillNotDoIsAWarning() throws {
    try withPlaces { folder in
      let text = """
        model "models/a"
        data words = tokens "data/words.txt" { bos = none }
        save "out/a"
        recover cpt on words { steps = 1, batch = 1 }
        save "out/b"
        """
      let parsed = Recipe.parse(SourceText(name: "test.recipe", text: text))
      let registry = try Registry(BuiltinPlugins.all)
      let plan = try #require(
        Resolver.resolve(parsed.recipe, registry: registry, folder: folder).plan
      )
      let bytes = try plan.model.open().parameterCount * 4
      func lines(_ room: Int, work: String?) -> [Int] {
        PlanCheck.diagnostics(of: plan, work: work, room: room).filter { $0.code == "W0404" }
          .map { SourceText(name: "", text: text).location(of: $0.span.start).line }
      }
      #expect(lines(bytes - 1, work: nil) == [3])
      #expect(lines(2 * bytes - 1, work: nil) == [5])
      #expect(lines(2 * bytes, work: nil) == [])
      // The training's weights, and its checkpoints until it ends.
      #expect(lines(3 * bytes, work: "\(folder)/work") == [4])
      #expect(lines(9 * bytes, work: "\(folder)/work") == [5])
      #expect(lines(10 * bytes, work: "\(folder)/work") == [])
    }
  }
}
