@testable import BillhookPipeline
import BillhookRecipe
import BillhookResolver
import TestSupport
import Testing

/// What is told about every code of a plan's mistakes, and that its examples are what they say.
@Suite struct ExplanationTests {
  /// The codes of everything that is said about a recipe beside the models of Examples, or beside those of
  /// the fixtures.
  private func codes(_ text: String, isElsewhere: Bool, isRun: Bool) throws -> [String] {
    func codes(in folder: String) throws -> [String] {
      let checked = try CheckedRecipe(text, named: "example", folder: folder, isRun: isRun)
      return checked.diagnostics.map(\.code)
    }
    return try isElsewhere
      ? codes(in: Fixture.path("")) : Fixture.withExamples { try codes(in: $0) }
  }

  @Test(arguments: PlanCode.allCases)
  func examplesAreWhatTheySay(code: PlanCode) throws {
    guard case .recipes(let wrong, let right) = code.explanation.example else {
      Issue.record("there is no example of \(code.rawValue)")
      return
    }
    let isRun = code == .failedStep
    let isElsewhere = code.explanation.premise != nil
    #expect(try codes(wrong, isElsewhere: isElsewhere, isRun: isRun) == [code.rawValue])
    #expect(try codes(right, isElsewhere: isElsewhere, isRun: isRun) == [])
    for text in [wrong, right] {
      let recipe = Recipe.parse(SourceText(name: "example", text: text)).recipe
      #expect(recipe.formatted == text + "\n")
    }
  }

  @Test(arguments: PlanCode.allCases)
  func linesFitATerminal(code: PlanCode) {
    let lines = code.explanation.lines(for: code.rawValue)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.first?.hasPrefix("\(code.rawValue): ") == true)
  }

  /// A code means one thing.
  @Test func codesAreDistinct() {
    let codes = SyntaxCode.allCases.map(\.rawValue) + PlanCode.allCases.map(\.rawValue)
    #expect(Set(codes).count == codes.count)
  }
}
