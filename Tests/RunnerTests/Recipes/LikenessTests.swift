import BillhookCore
import Testing
import TestSupport

/// `evaluate likeness` in a recipe, as a user runs it.
@Suite struct LikenessTests {
  static let recipe = """
    always { evaluate likeness on windows { k = 4 } }
    each cut in [1, 2] { prune block { by magnitude, remove $cut } }
    """

  private func report(_ folder: String, run number: Int = 0) throws -> JSON {
    let names = try FileSystem.names(in: "\(folder)/.billhook/runs").sorted()
    let file = "\(folder)/.billhook/runs/\(names[number])/report.json"
    return try JSON(parsing: try Fixture.text(file).utf8)
  }

  @Test func aLikenessStandsInTableAndReport() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let run = try Billhook.call(["run", recipe, "--wide"])
      #expect(run.status == 0, "\(run.errors)")
      for name in ["KL k=4 windows", "KL median k=4 windows", "same top % k=4 windows"] {
        #expect(run.output.contains(name))
      }
      #expect(run.output.contains("beside the opened model, k = 4, the rest ("))
      #expect(run.output.contains(" ± "))
      let rows = try #require(try report(folder)["rows"]?.array)
      #expect(rows.count == 3)
      let values = rows.map { row in
        (row["metrics"]?.array ?? []).compactMap { $0["value"]?.double }
      }
      #expect(values[0] == [0, 100, 0, 0, 0, 0, 0, 0])
      #expect(values[1][0] > 0 && values[2][0] > values[1][0])
      #expect(rows[1]["metrics"]?.array?[0]["error"]?.double ?? 0 > 0)
      #expect(rows[1]["metrics"]?.array?[2]["error"] == nil)
      // Gathered once for all of them.
      let lines = run.errors.split(separator: "\n")
      #expect(lines.count { $0.contains("predictions of the opened model on windows") } == 1)
      let csv = try Billhook.call(["report", "--csv", "--work", "\(folder)/.billhook"])
      #expect(csv.output.contains("KL k=4 windows,KL k=4 windows error,"))
    }
  }

  /// A second run finds everything; another branch finds the predictions.
  @Test func predictionsAreFoundAgain() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      let outline = try Billhook.call(["check", recipe])
      #expect(
        outline.output.contains(
          "beside the opened model's predictions (4 tokens and the rest): "
        ),
        "\(outline.output)"
      )
      _ = try Billhook.call(["run", recipe])
      let again = try Billhook.call(["run", recipe])
      #expect(again.errors.contains("5 of 5 steps were done before"), "\(again.errors)")
      #expect(try report(folder, run: 1)["rows"] == report(folder)["rows"])
      let other = try Billhook.recipe(
        "prune block { remove [1] }\nevaluate likeness on windows { k = 4 }",
        in: folder
      )
      let run = try Billhook.call(["run", other])
      #expect(run.errors.contains("predictions of the opened model on windows"))
      let before = try FileSystem.names(in: "\(folder)/.billhook/products")
      #expect(before.count == 1)
      let product = "\(folder)/.billhook/products/\(before[0])"
      #expect(try Set(FileSystem.names(in: product)) == Set(StoredPredictions.fileNames))
      #expect(try Billhook.call(["clean", folder]).status == 0)
      #expect(!FileSystem.exists(product))
    }
  }

  /// A model that was pruned and saved is as far from its origin when it is opened as it was before.
  @Test func aSavedModelIsComparedWithAnother() throws {
    try Fixture.withFolder { folder in
      let first = try Billhook.recipe(
        """
        prune block { remove [1] }
        evaluate likeness on windows { k = 4 }
        save "small"
        """,
        in: folder
      )
      #expect(try Billhook.call(["run", first]).status == 0)
      let whole =
        try Fixture.text(first).split(separator: "\n")
        .first { $0.hasPrefix("model ") }?.split(separator: "\"")[1] ?? ""
      let second = try Billhook.recipe(
        "evaluate likeness on windows { k = 4, reference = \"\(whole)\" }",
        in: folder
      )
      let text = try Fixture.text(second)
        .replacing("model \"\(whole)\"", with: "model \"small\"")
      try FileSystem.write(Array(text.utf8), to: second)
      let run = try Billhook.call(["run", second, "--wide"])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("beside \"\(whole)\", k = 4"), "\(run.output)")
      func values(_ number: Int) throws -> [Double] {
        let rows = try report(folder, run: number)["rows"]?.array ?? []
        return (rows.last?["metrics"]?.array ?? []).compactMap { $0["value"]?.double }
      }
      #expect(try values(1).count == 8 && values(1) == values(0))
    }
  }

  @Test func aReferenceOfOtherTokensIsRefused() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(
        "evaluate likeness on windows { reference = \"\(Fixture.tinyModel)\" }",
        in: folder
      )
      let check = try Billhook.call(["check", recipe])
      #expect(check.status != 0)
      #expect(check.errors.contains("`reference`: "), "\(check.errors)")
    }
  }

  /// Predictions that somebody changed are gathered again, and give the same numbers.
  @Test func damagedPredictionsAreGatheredAgain() throws {
    try Fixture.withFolder { folder in
      let first = try Billhook.recipe("evaluate likeness on windows { k = 4 }", in: folder)
      #expect(try Billhook.call(["run", first]).status == 0)
      let products = "\(folder)/.billhook/products"
      let name = try #require(try FileSystem.names(in: products).first)
      let file = "\(products)/\(name)/\(StoredPredictions.fileNames[1])"
      var bytes = try FileSystem.read(file)
      bytes[bytes.count - 2] ^= 1
      try FileSystem.write(bytes, to: file)
      let second = try Billhook.recipe(
        "prune block { remove [1] }\nevaluate likeness on windows { k = 4 }",
        in: folder
      )
      let run = try Billhook.call(["run", second])
      #expect(run.status == 0)
      #expect(run.errors.contains("is not as the pass left it, so it is made again"))
      let found = try report(folder, run: 1)["rows"]
      try FileSystem.remove("\(folder)/.billhook")
      _ = try Billhook.call(["run", second])
      let expected = try report(folder)["rows"]
      func values(_ rows: JSON?) -> [Double] {
        (rows?.array ?? []).flatMap { $0["metrics"]?.array ?? [] }
          .compactMap { $0["value"]?.double }
      }
      #expect(values(found) == values(expected))
      #expect(values(found).count == 8)
    }
  }
}
