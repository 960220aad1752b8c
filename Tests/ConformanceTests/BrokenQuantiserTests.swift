import BillhookConformance
import BillhookCore
@testable import BillhookPlugins
import Testing

/// Quantisers that keep their promises, and two that do not.
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
    static let summary = "Rounds to the nearest code of what is above each weight."

    func quantised(
      _ projection: UnquantisedProjection,
      _ statistics: Statistics
    ) throws -> QuantisedMatrix {
      let largest = try projection.weight.abs().max(1).unsqueezed(1)
      let raised = try projection.weight + largest * 0.5
      return try RoundToNearest().quantised(projection.replacing(raised), statistics)
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
      let drawn = try generator.uniform(projection.weight.shape)
      return try RoundToNearest().quantised(projection.replacing(drawn), statistics)
    }
  }
}

extension UnquantisedProjection {
  /// The projection with other weights.
  fileprivate func replacing(_ weight: Tensor) -> UnquantisedProjection {
    UnquantisedProjection(id: id, weight: weight, mask: mask, scheme: scheme, dtype: dtype)
  }
}
