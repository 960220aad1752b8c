import BillhookEngine
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// Codes that GPTQ and rounding choose, as an independent computation in f64 has them.
///
/// Made by Scripts/golden_gptq.py. All codes are equal, since no number there is within 1e-6 steps of the
/// middle between two. Logits of what they stand for agree to 1e-5 of the largest.
@Suite struct QuantisedGoldenTests {
  private struct File: Decodable {
    struct Case: Decodable {
      let bits: Int
      let group: Int?
      let symmetric: Bool
      let act_order: Bool
      let damping: Double?
      let sparsity: Double?
      let codes: [String: String]
      let scale_sum: Double
      let logits: [Double]

      var quantising: Quantising {
        var settings = QuantisingSettings()
        settings.precision = bits == 4 ? .int4 : .int8
        settings.group = group.map { .neighbours($0) } ?? .row
        settings.isSymmetric = symmetric
        var gptq = GPTQ()
        gptq.damping = damping ?? 0
        gptq.ordersByActivations = act_order
        let quantiser: any Quantiser = damping == nil ? RoundToNearest() : gptq
        return Quantising(settings, by: quantiser, keep: Keep())
      }
    }

    let windows: [[Int]]
    let cases: [String: Case]
  }

  private static let file = try? JSONDecoder().decode(
    File.self,
    from: Data(contentsOf: URL(filePath: Fixture.path("quantised/codes.json")))
  )

  static let labels: [String] = (file?.cases.keys.map(\.self) ?? []).sorted()

  private func model(sparsity: Double?) throws -> LanguageModel {
    let model = try LanguageModel(opening: Fixture.path("quantised/dense"))
    guard let sparsity else { return model }
    var sparse: [WeightID: Tensor] = [:]
    for id in model.projections {
      let weight = try model.weights.stored(id)
      let count = Int(sparsity * Double(weight.shape[1]))
      let gone = try weight.abs().sorted(1).positions.narrowed(1, to: 0..<count)
      let mask = try Tensor.full(weight.shape, 1, dtype: .bool)
        .scattering(1, gone, from: Tensor.zeros([weight.shape[0], count], dtype: .bool))
      sparse[id] = try weight.keeping(mask)
    }
    return model.live(replacing: sparse).takingZerosForMasks
  }

  @Test func thereAreCases() { #expect(Self.labels.count == 9) }

  @Test(arguments: labels) func codesAreThoseOfPython(label: String) throws {
    let file = try #require(Self.file)
    let expected = try #require(file.cases[label])
    let model = try model(sparsity: expected.sparsity)
    let tokens = TokenSet(file.windows.map { TokenWindow($0, firstTarget: 1) }, note: label)
    try Fixture.withFolder { folder in
      let context = RunContext.testing(scratch: folder)
      let pass = QuantisingPass(expected.quantising, openedBlocks: 2, context, in: folder)
      let made = try pass.run(model, on: tokens)
      #expect(made.schemes.count == expected.codes.count)
      var scales = 0.0
      for id in model.projections {
        let matrix = try #require(try made.weights.quantised(id))
        let codes = try matrix.codes().integers().map { UInt8($0) }
        let name = "\(id.block ?? -1).\(id.role.rawValue)"
        let golden = try #require(expected.codes[name].flatMap { Data(base64Encoded: $0) })
        #expect(codes == Array(golden), "\(label), \(name)")
        scales += try matrix.scales.sum(dtype: .float64).scalar()
        if expected.sparsity != nil {
          let mask = try #require(try made.weights.mask(id))
          let zeros = try matrix.dequantised() .== 0
          #expect(try (mask .| zeros).sum(dtype: .int64).scalar() == Double(codes.count))
        }
      }
      #expect(abs(scales - expected.scale_sum) <= 1e-9 * expected.scale_sum)
      let logits = try Traversal(made, context).logits(of: [file.windows[0]])
        .reshaped([file.windows[0].count, -1]).doubles().suffix(expected.logits.count)
      let scale = expected.logits.map(abs).max() ?? 0
      for (found, golden) in zip(logits, expected.logits) {
        #expect(abs(found - golden) <= 1e-5 * scale)
      }
    }
  }
}
