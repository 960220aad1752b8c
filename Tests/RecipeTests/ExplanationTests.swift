import BillhookRecipe
import Testing

/// What is told about every code of a syntax error, and that its examples are what they say.
@Suite struct ExplanationTests {
  @Test(arguments: SyntaxCode.allCases)
  func examplesAreWhatTheySay(code: SyntaxCode) {
    let explanation = code.explanation
    guard case .recipes(let wrong, let right) = explanation.example else {
      #expect([.sourceTooLarge, .invalidUTF8].contains(code))
      return
    }
    #expect(codes(wrong).contains(code.rawValue))
    #expect(codes(right).isEmpty)
    #expect(parse(right).recipe.formatted == right + "\n")
  }

  @Test(arguments: SyntaxCode.allCases)
  func linesFitATerminal(code: SyntaxCode) {
    let lines = code.explanation.lines(for: code.rawValue)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.first?.hasPrefix("\(code.rawValue): ") == true)
    #expect(lines.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
  }
}
