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

  /// Zeros that a mask holds, and that become other numbers, are found.
  @Test func filledZerosAreFound() throws {
    let found = try Conformance.violations(of: Filling())
    let filled = try #require(found.first { $0.promise == .holdsMask })
    #expect(filled.message.contains("zeros that a mask holds"), "\(filled.message)")
  }

  private struct Filling: Quantiser {
    static let name = "filling"
    static let summary = "Rounds each weight to the next number above it."

    func quantised(
      _ projection: UnquantisedProjection,
      _ statistics: Statistics
    ) throws -> QuantisedMatrix {
      let columns = try projection.weight.transposed(0, 1).contiguous()
      let grids = try projection.groups.map { try projection.grid(of: columns.narrowed(0, to: $0)) }
      let raised = try Tensor.joined(
        zip(projection.groups, grids).map { try columns.narrowed(0, to: $0) + $1.scale },
        along: 0
      )
      return try projection.matrix(of: raised, grids)
    }
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
