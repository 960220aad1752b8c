@testable import BillhookPipeline
import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookResolver
import Foundation
import TestSupport
import Testing

/// Every mistake that the resolver finds has a recipe in Tests/Fixtures that makes it, and beside
/// it what is shown.
///
/// `BILLHOOK_RECORD=1` writes what is shown anew.
@Suite struct PlanFixtureTests {
  static let folder = Fixture.path("recipes/plan")

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".recipe") }
    .map { String($0.dropLast(".recipe".count)) }
    .sorted()

  private func resolve(_ name: String) throws -> (source: SourceText, resolved: Resolution) {
    let text = try Fixture.text("\(Self.folder)/\(name).recipe")
    let source = SourceText(name: "\(name).recipe", text: text)
    let parsed = Recipe.parse(source)
    #expect(parsed.diagnostics.isEmpty)
    let registry = try Registry(BuiltinPlugins.all)
    let found = Resolver.resolve(parsed.recipe, registry: registry, folder: Self.folder)
    return (source, Resolution(found))
  }

  @Test(arguments: names)
  func shows(name: String) throws {
    let (source, resolved) = try resolve(name)
    let text = DiagnosticRenderer(source: source)
      .render(resolved.diagnostics, as: .text(color: false))
    let file = "\(Self.folder)/\(name).expected"
    if ProcessInfo.processInfo.environment["BILLHOOK_RECORD"] != nil {
      try Data(text.utf8).write(to: URL(filePath: file))
    }
    #expect(try text == Fixture.text(file))
    #expect((resolved.plan == nil) == resolved.hasErrors)
  }

  @Test func everyCodeHasARecipe() throws {
    var missing = Set(PlanCode.allCases.map(\.rawValue))
    for name in Self.names {
      missing.subtract(try resolve(name).resolved.diagnostics.map(\.code))
    }
    // What needs the model or the run has its recipes in another folder.
    for name in ModelFixtureTests.names {
      missing.subtract(try ModelFixtureTests.checked(name).diagnostics.map(\.code))
    }
    #expect(missing.isEmpty)
  }

  /// Whoever takes what is offered gets a recipe that still parses.
  @Test(arguments: names)
  func fixesParse(name: String) throws {
    let (source, resolved) = try resolve(name)
    for case let fix? in resolved.diagnostics.map(\.fix) {
      let bytes =
        source.bytes[..<fix.span.start] + Array(fix.replacement.utf8)
        + source.bytes[fix.span.end...]
      let fixed = Recipe.parse(SourceText(name: name, bytes: Array(bytes)))
      #expect(fixed.diagnostics.isEmpty)
    }
  }
}
