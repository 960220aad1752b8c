import BillhookRecipe
import Foundation
import TestSupport
import Testing

/// What the model, the disk or the run has against a recipe: a recipe in Tests/Fixtures for each
/// code, and beside it what is shown.
///
/// `BILLHOOK_RECORD=1` writes what is shown anew.
@Suite struct ModelFixtureTests {
  static let folder = Fixture.path("recipes/model")

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".recipe") }
    .map { String($0.dropLast(".recipe".count)) }
    .sorted()

  static func checked(_ name: String) throws -> CheckedRecipe {
    let text = try Fixture.text("\(folder)/\(name).recipe")
    return try CheckedRecipe(text, named: "\(name).recipe", folder: folder, isRun: true)
  }

  @Test(arguments: names)
  func shows(name: String) throws {
    let checked = try Self.checked(name)
    // Messages name files by the whole path, which is another one in each checkout.
    let text = DiagnosticRenderer(source: checked.source)
      .render(checked.diagnostics, as: .text(color: false))
      .replacing("\(Fixture.repository)/", with: "")
    let file = "\(Self.folder)/\(name).expected"
    if ProcessInfo.processInfo.environment["BILLHOOK_RECORD"] != nil {
      try Data(text.utf8).write(to: URL(filePath: file))
    }
    #expect(try text == Fixture.text(file))
  }
}
