import BillhookConformance
import BillhookCore
@testable import BillhookPlugins
import Testing

/// Quantisers that keep their promises, and one that does not.
@Suite struct BrokenQuantiserTests {
  @Test func builtInOnesKeepThem() throws {
    #expect(try Conformance.violations(of: GPTQ()) == [])
    #expect(try Conformance.violations(of: RoundToNearest()) == [])
  }

  /// Codes that are drawn anew in each call are found.
  @Test func whatIsDrawnAnewIsFound() throws {
    let found = try Conformance.violations(of: Drawing())
    #expect(found.contains { $0.promise == .deterministic })
  }

  private struct Drawing: Quantiser {
    static let name = "drawing"
    static let summary = "Rounds to the nearest code of what is drawn."

    func quantised(
      _ projection: UnquantisedProjection,
      _ statistics: Statistics
    ) throws -> QuantisedMatrix {
      let generator = try Generator(seed: UInt64.random(in: 0...(1 << 40)))
      let columns = try generator.uniform([projection.weight.shape[1], projection.weight.shape[0]])
      let grids = try projection.groups.map { try projection.grid(of: columns.narrowed(0, to: $0)) }
      return try projection.matrix(of: columns, grids)
    }
  }
}
