import BillhookCore
import BillhookPlugins
import BillhookRecipe
import TestSupport
import Testing

/// What is told about every code of a plan's mistakes, and that its examples are what they say.
@Suite struct ExplanationTests {
  /// The codes of everything that `check` says about a recipe in Examples.
  private func codes(_ text: String) throws -> [String] {
    let examples = "\(Fixture.repository)/Examples"
    let resolution = try Resolution(text, folder: examples)
    return resolution.codes
      + (resolution.plan.map { PlanCheck.diagnostics(of: $0).map(\.code) } ?? [])
  }

  @Test(arguments: PlanCode.allCases)
  func examplesAreWhatTheySay(code: PlanCode) throws {
    guard case .recipes(let wrong, let right) = code.explanation.example else {
      #expect(code == .failedStep)
      return
    }
    #expect(try codes(wrong) == [code.rawValue])
    #expect(try codes(right) == [])
    let formatted = Recipe.parse(SourceText(name: "right", text: right)).recipe.formatted
    #expect(formatted == right + "\n")
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
