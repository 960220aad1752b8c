import BillhookRecipe
import Foundation
import TestSupport
import Testing

/// Recipes in Tests/Fixtures/recipes/format, with what becomes of them beside them.
///
/// `BILLHOOK_RECORD=1` writes what becomes of them anew.
@Suite struct FormattingTests {
  static let folder = Fixture.path("recipes/format")

  static let names = Self.recipes(in: folder).map { String($0.dropLast(".recipe".count)) }

  /// Every recipe that the repository holds, those with errors included.
  static let all =
    ["recipes/format", "recipes/syntax", "recipes/plan"].map { Fixture.path($0) }
    .flatMap { folder in recipes(in: folder).map { "\(folder)/\($0)" } } + examples

  static let examples = recipes(in: "\(Fixture.repository)/Examples")
    .map { "\(Fixture.repository)/Examples/\($0)" }

  /// The recipes that the documentation shows.
  static let shown: [String] = {
    let text = (try? Fixture.text("\(Fixture.repository)/Docs/Recipes.md")) ?? ""
    return text.components(separatedBy: "```recipe\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
  }()

  private static func recipes(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".recipe") }.sorted()
  }

  private func parse(_ path: String) throws -> ParseResult {
    let data = try Data(contentsOf: URL(filePath: path))
    return Recipe.parse(SourceText(name: path, bytes: Array(data)))
  }

  @Test(arguments: names)
  func becomes(name: String) throws {
    let result = try parse("\(Self.folder)/\(name).recipe")
    #expect(result.diagnostics.isEmpty)
    let file = "\(Self.folder)/\(name).expected"
    if ProcessInfo.processInfo.environment["BILLHOOK_RECORD"] != nil {
      try Data(result.recipe.formatted.utf8).write(to: URL(filePath: file))
    }
    #expect(try result.recipe.formatted == Fixture.text(file))
  }

  @Test(arguments: all)
  func meansTheSameAndIsStable(path: String) throws {
    let result = try parse(path)
    guard !result.hasErrors else { return }
    #expect(formattingFault(result.recipe) == nil)
  }

  @Test(arguments: examples)
  func examplesAreFormatted(path: String) throws {
    #expect(try parse(path).recipe.formatted == Fixture.text(path))
  }

  @Test func theDocumentationIsFormatted() {
    #expect(Self.shown.count >= 3)
    for text in Self.shown {
      let recipe = Recipe.parse(SourceText(name: "Recipes.md", text: text)).recipe
      #expect(recipe.formatted == text)
    }
  }

  @Test func thereAreSomeOfAll() {
    #expect(Self.names.count >= 8)
    #expect(Self.examples.count >= 5)
  }
}
