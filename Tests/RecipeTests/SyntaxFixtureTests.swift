import BillhookRecipe
import Foundation
import Testing

/// Every syntax error has a recipe in Tests/Fixtures that makes it, and beside it what is shown.
///
/// `BILLHOOK_RECORD=1` writes what is shown anew.
@Suite struct SyntaxFixtureTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/recipes/syntax")

  /// A recipe that is too large is not worth keeping: it is made of blanks.
  static let tooLarge = "source-too-large"

  static let names =
    [tooLarge]
    + ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".recipe") }
    .map { String($0.dropLast(".recipe".count)) }
    .sorted()

  private func source(_ name: String) throws -> SourceText {
    guard name != Self.tooLarge else {
      return SourceText(name: "\(name).recipe", text: String(repeating: " ", count: 1_000_001))
    }
    let data = try Data(contentsOf: Self.folder.appending(path: "\(name).recipe"))
    return SourceText(name: "\(name).recipe", bytes: Array(data))
  }

  @Test(arguments: names)
  func shows(name: String) throws {
    let source = try source(name)
    let renderer = DiagnosticRenderer(source: source)
    let text = renderer.render(Recipe.parse(source).diagnostics, as: .text(color: false))
    let file = Self.folder.appending(path: "\(name).expected")
    if ProcessInfo.processInfo.environment["BILLHOOK_RECORD"] != nil {
      try Data(text.utf8).write(to: file)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
  }

  @Test func everyCodeHasARecipe() throws {
    var missing = Set(SyntaxCode.allCases.map(\.rawValue))
    for name in Self.names {
      missing.subtract(Recipe.parse(try source(name)).diagnostics.map(\.code))
    }
    #expect(missing.isEmpty)
  }
}
