public import BillhookCore
import Foundation

/// A loss curve that transformers and PEFT gave, with everything that it takes to train the same.
///
/// Made by Scripts/golden_training.py, and by Scripts/golden_distillation.py in f64.
public struct TrainingCurve: Sendable, CustomStringConvertible {
  /// The name of the curve.
  public let description: String
  /// The model that it starts from, sparse for some curves.
  public let model: LanguageModel
  /// What it is trained on, in order.
  public let tokens: TokenSet
  /// How; in the order of the windows.
  public let settings: TrainingSettings
  /// The rank of low-rank updates, what their product is multiplied by, and whether projections in one
  /// tensor share a matrix; nil for whole weights.
  public let lowRank: (rank: Int, scale: Double, isFused: Bool)?
  /// What is learnt from the model with all of its blocks; nil for the data alone.
  public let lesson: Lesson?
  /// The parts that are trained; nil for everything.
  public let parts: TrainedParts?
  /// The model with all of its blocks.
  public let opened: LanguageModel
  /// The loss of each step.
  public let losses: [Double]
  /// So many of the likeliest tokens of the teacher, and the loss of each step that is taken with those and
  /// all others as one class; nil where there is no such curve.
  public let kept: (count: Int, losses: [Double])?

  /// What is learnt from a teacher.
  public struct Lesson: Sendable {
    /// How the student is compared with it.
    public let divergence: Divergence
    /// What logits are divided by.
    public let temperature: Double
    /// The share of the teacher in a token's loss.
    public let share: Double
    /// The weight of hidden states.
    public let hidden: Double
  }

  /// The names of all curves of trainings by transformers and PEFT.
  public static let names = names(in: "training")

  /// The names of all curves in f64.
  public static let exactNames = names(in: "distillation").filter { $0 != "losses" }

  private static func names(in folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: Fixture.path(folder))
    return (names ?? []).sorted().map { String($0.dropLast(".json".count)) }
  }

  /// Reads a curve.
  public init(_ name: String, in folder: String = "training") throws {
    description = name
    let data = try Data(contentsOf: URL(filePath: Fixture.path("\(folder)/\(name).json")))
    let file = try JSONDecoder().decode(File.self, from: data)
    opened = try LanguageModel(
      opening: file.model == "tiny" ? Fixture.tinyModel : Fixture.path("models/\(file.model)")
    )
    let whole = opened
    let start = try file.without.map { try whole.removingBlocks([$0]) } ?? whole
    model = try file.masked.map { try start.masked(Set($0.compactMap(WeightRole.init))) } ?? start
    lesson = file.temperature.map { heat in
      let divergence: Divergence =
        switch file.divergence {
        case "reverse": .reverse
        case "jensen_shannon": .jensenShannon(beta: file.beta ?? 0)
        default: .forward
        }
      return Lesson(
        divergence: divergence,
        temperature: heat,
        share: file.share ?? 0,
        hidden: file.hidden ?? 0
      )
    }
    parts = file.train.map { TrainedParts($0.compactMap(TrainedParts.Part.init(words:))) }
    kept = file.kept.flatMap { kept in file.kept_losses.map { (kept, $0) } }
    tokens = TokenSet(
      file.windows.map(\.window),
      note: name
    )
    losses = file.losses
    var settings = TrainingSettings()
    settings.learningRate = file.rate
    settings.schedule = file.schedule == "cosine" ? .cosine : .linear
    settings.warmup = .steps(file.warmup)
    settings.steps = file.losses.count
    settings.batch = file.batch
    settings.shuffle = false
    settings.weightDecay = file.weight_decay ?? 0
    settings.beta2 = file.rank == nil ? 0.95 : 0.999
    self.settings = settings
    lowRank = file.rank.map { rank in
      let root = file.rslora == true ? Double(rank).squareRoot() : Double(rank)
      return (rank, (file.alpha ?? 0) / root, file.fused == true)
    }
  }

  private struct File: Decodable {
    struct Window: Decodable {
      let tokens: [Int]
      let first_target: Int?
      let counted: [[Int]]?
      let texts: [Int]?

      var window: TokenWindow {
        guard let counted else { return TokenWindow(tokens, firstTarget: first_target ?? 1) }
        let counts = tokens.indices.map { place in
          counted.contains { $0[0]..<$0[1] ~= place }
        }
        var start = 0
        let parts = (texts ?? []).map { length in
          defer { start += length }
          return start..<start + length
        }
        guard !parts.isEmpty else { return TokenWindow(tokens, counting: counts) }
        return TokenWindow(
          packing: parts.map { TokenWindow(Array(tokens[$0]), counting: Array(counts[$0])) }
        )
      }
    }

    let model: String
    let rate: Double
    let schedule: String
    let warmup: Int
    let batch: Int
    let weight_decay: Double?
    let rank: Int?
    let alpha: Double?
    let rslora: Bool?
    let fused: Bool?
    let without: Int?
    let temperature: Double?
    let share: Double?
    let hidden: Double?
    let divergence: String?
    let beta: Double?
    let kept: Int?
    let kept_losses: [Double]?
    let train: [String]?
    let masked: [String]?
    let windows: [Window]
    let losses: [Double]
  }
}

extension TrainedParts.Part {
  /// A part as a list in a recipe names it.
  fileprivate init?(words: String) {
    let pair = words.split(separator: " ")
    if pair.count == 2, pair[0] == "last", let count = Int(pair[1]) {
      self = .last(count)
    } else if let kind = TrainedParts.Kind(rawValue: words) {
      self = .kind(kind)
    } else {
      return nil
    }
  }
}
