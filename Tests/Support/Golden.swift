public import BillhookCore
import Foundation
import Synchronization

/// A random model from Tests/Fixtures/models with numbers that PyTorch and transformers computed.
///
/// Made by Scripts/golden_models.py.
public struct Golden: Sendable {
  /// The model.
  public let model: LanguageModel
  /// The windows that all numbers are about.
  public let tokens: TokenSet
  /// The logits of the first two windows, flattened.
  public let logits: [Double]
  /// The blocks that a depth-pruned variant lacks, and its logits of the same windows.
  public let cut: (removed: Set<Int>, logits: [Double])
  /// What `layer_types` names in the depth-pruned variant; nil where the family has no such list.
  public let cutLayerTypes: [String]?
  /// The mean loss over all targets.
  public let loss: Double
  /// Scores of each block by criterion.
  public let scores: [String: [Double]]

  /// The names of the models: every family, and every flag that changes its arithmetic.
  public static let names: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("models"))
    return (names ?? []).sorted()
  }()

  /// What was read, by name: most tests need some of the same.
  private static let known = Mutex<[String: Golden]>([:])

  /// A model and its numbers, read once.
  public init(_ name: String) throws {
    self = try Self.known.withLock { known in
      if let golden = known[name] { return golden }
      let golden = try Golden(reading: name)
      known[name] = golden
      return golden
    }
  }

  private init(reading name: String) throws {
    model = try LanguageModel(opening: Fixture.path("models/\(name)"))
    let data = try Data(contentsOf: URL(filePath: Fixture.path("models/\(name)/golden.json")))
    let file = try JSONDecoder().decode(File.self, from: data)
    tokens = TokenSet(
      file.windows.map { TokenWindow($0.tokens, firstTarget: $0.first_target) },
      note: name
    )
    logits = file.logits
    cut = (Set(file.cut.removed), file.cut.logits)
    cutLayerTypes = file.cut.layer_types
    loss = file.loss
    scores = file.scores
  }

  private struct File: Decodable {
    struct Window: Decodable {
      let tokens: [Int]
      let first_target: Int
    }

    struct Cut: Decodable {
      let removed: [Int]
      let logits: [Double]
      let layer_types: [String]?
    }

    let windows: [Window]
    let cut: Cut
    let logits: [Double]
    let loss: Double
    let scores: [String: [Double]]
  }
}

extension RunContext {
  /// A context for tests: f32 on the CPU, nobody listens.
  public static func testing(scratch: String = "") -> RunContext { RunContext(scratch: scratch) }
}

/// The largest difference between two lists, relative to each expected value.
public func relativeDifference(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).map { abs($0 - $1) / max(abs($1), 1e-30) }.max() ?? 0
}

/// The largest difference between two lists, relative to the largest expected value.
public func differenceToScale(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.map(abs).max() ?? 0
  return (zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity) / scale
}
