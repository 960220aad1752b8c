import BillhookEngine
import BillhookModels
import BillhookTorch
@testable import BillhookCore
import Foundation
import TestSupport
import Testing

/// Sparse models as an independent computation has them: a file of Tests/Fixtures/sparse or
/// Tests/Fixtures/refiners, whose settings are the caller's to read.
///
/// Made by Scripts/golden_sparse.py and Scripts/golden_refiners.py.
struct SparseGolden<Setting: Decodable & Sendable>: Decodable {
  /// What came of one setting.
  struct Case: Decodable {
    /// What was pruned, and how.
    let setting: Setting
    /// The number of values that were too close to be told apart; nil where none was counted.
    let ties: Int?
    /// The mean loss on the windows that are held out.
    let loss: Double
    /// The masks, by block and role: `0.query`.
    private let masks: [String: String]
    /// Which weights were too close to be told apart, like masks; nil where none was.
    private let tied: [String: String]?
    /// New weights, of some settings.
    private let weights: [String: String]?
  }

  private struct Tokens: Decodable {
    let calibration: [[Int]]
    let heldout: [[Int]]
  }

  private enum CodingKeys: CodingKey {
    case tokens
    case cases
  }

  private let tokens: Tokens
  private let cases: [String: Case]

  /// Reads a file.
  ///
  /// - Parameter path: Where it lies in Tests/Fixtures: `sparse/qwen3.json`.
  /// - Throws: When it cannot be read.
  init(_ path: String) throws {
    let data = try Data(contentsOf: URL(filePath: Fixture.path(path)))
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  /// The windows that are measured.
  var calibration: TokenSet { Self.windows(tokens.calibration) }

  /// The windows that losses are of.
  var heldout: TokenSet { Self.windows(tokens.heldout) }

  /// All cases with their names, by name.
  var sorted: [(label: String, expected: Case)] {
    cases.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func windows(_ tokens: [[Int]]) -> TokenSet {
    TokenSet(tokens.map { TokenWindow($0) }, note: "golden")
  }
}

extension SparseGolden.Case {
  /// Compares masks bit for bit, but for weights that are tied; new weights within 1e-4 of the largest;
  /// and the loss within 1e-5.
  ///
  /// - Parameters:
  ///   - sparse: The model that was made.
  ///   - loss: Its mean loss on the windows that are held out.
  ///   - what: The model and the case, for messages.
  /// - Throws: When there is no such mask or weight.
  func compare(with sparse: LanguageModel, loss: Double, _ what: String) throws {
    var tieCount = 0
    for (key, bits) in masks {
      let id = try Self.weight(key)
      let mask = try #require(try sparse.weights.mask(id))
      let found = try mask.packedBits().withBytes { Array($0) }
      let expected = try Self.bytes(bits)
      let open = try tied?[key].map { try Self.bytes($0) } ?? expected.map { _ in 0 }
      #expect(found.count == expected.count && open.count == expected.count, "\(what), \(id)")
      let isSame = zip(zip(found, expected), open).allSatisfy { ($0.0 ^ $0.1) & ~$1 == 0 }
      #expect(isSame, "\(what), \(id)")
      tieCount += open.reduce(0) { $0 + $1.nonzeroBitCount }
    }
    #expect(tieCount == ties ?? 0, "\(what)")
    for (key, text) in weights ?? [:] {
      let id = try Self.weight(key)
      let values = try Self.bytes(text).withUnsafeBytes {
        $0.bindMemory(to: Float.self).map(Double.init)
      }
      let found = try sparse.weights.stored(id).doubles()
      #expect(differenceToScale(found, values) < 1e-4, "\(what), \(id)")
    }
    #expect(abs(loss - self.loss) < 1e-5, "\(what)")
  }

  /// The weights whose masks are known.
  var masked: [WeightID] {
    get throws { try masks.keys.map(Self.weight) }
  }

  /// The bytes of bits that are written as text.
  private static func bytes(_ text: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: text)))
  }

  private static func weight(_ key: String) throws -> WeightID {
    let parts = key.split(separator: ".")
    return WeightID(try #require(WeightRole(rawValue: "\(parts[1])")), block: Int(parts[0]))
  }
}

extension SparsePass {
  /// A pass that takes as much of each matrix as a golden setting says.
  static func golden(
    _ setting: SparseSetting,
    percent: Double?,
    of model: LanguageModel,
    _ context: RunContext,
    in folder: String
  ) throws -> SparsePass {
    let shares = try SparseShares(
      percent ?? setting.unit.pattern?.percent ?? 0,
      of: setting.unit.roles,
      in: model,
      keeping: Keep(),
      shares: nil,
      openedBlocks: model.blocks.count
    )
    return SparsePass(setting, shares, context, in: folder)
  }
}
