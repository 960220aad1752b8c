@testable import BillhookCore
@testable import BillhookPlugins
import Testing

/// Every method that is built in says where it comes from.
@Suite struct ReferenceTests {
  static let published = BuiltinPlugins.all.filter { $0.reference != nil }.map { $0.name }

  /// Scores from a file, weights of blocks from a list and what a machine takes follow no paper.
  @Test func methodsHaveReferences() {
    let methods = BuiltinPlugins.all.filter {
      ![.unit, .evidence, .data, .format].contains($0.kind)
    }
    let without = Set(methods.filter { $0.reference == nil }.map { $0.name })
    #expect(methods.count > 10)
    #expect(without == ["scores", "per_block", "speed"])
  }

  @Test(arguments: published)
  func referencesAreWhole(name: String) throws {
    let found = BuiltinPlugins.all.filter { $0.name == name }.compactMap { $0.reference }
    let reference = try #require(found.first)
    let lines = reference.formula.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 76 } && lines.first?.isEmpty == false)
    #expect(!reference.papers.isEmpty)
    for paper in reference.papers {
      #expect(paper.arXiv.wholeMatch(of: /\d{4}\.\d{5}/) != nil, "\(paper.text)")
      // The number begins with the year and month of the first version.
      #expect(paper.arXiv.prefix(2) == "\(paper.year % 100)", "\(paper.text)")
    }
    #expect(reference.differences.allSatisfy { $0.hasSuffix(".") })
    // Markdown lists and tables of the pages hold each of them in one line.
    #expect(
      (reference.differences + reference.papers.map(\.text)).allSatisfy { !$0.contains("\n") }
    )
  }
}
