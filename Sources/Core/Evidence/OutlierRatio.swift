public import BillhookModels
public import BillhookTorch

/// The part of a block's weights that stand out: those whose size times the norm of their input is more
/// than so many times the mean over all projections of the block.
///
/// Source: Yin et al., OWL, 2023, arXiv 2310.05175, section 3.
public struct OutlierRatio: ProjectionEvidence {
  /// The name that declarations are listed under.
  public static let name = "outlier_ratio"
  /// What it measures.
  public static let summary = "The part of a block's weights that stand out by size and input."

  /// How many times the mean an outlier is.
  public var levels = 5.0

  /// Outliers from five times the mean.
  public init() {}

  /// Outliers from so many times the mean.
  public init(levels: Double) { self.levels = levels }

  /// The setting.
  public static let parameters = [
    Parameter<OutlierRatio>(
      "levels",
      \.levels,
      in: 0...,
      help: "how many times the mean of its block an outlier is"
    )
  ]

  private var norms: InputNorms { InputNorms() }

  /// The norms of the inputs of projections.
  public var inputs: [any ActivationEvidence] { [norms] }

  /// The outliers of a block.
  public func observe(_ weights: LentWeights, _ statistics: Statistics) throws -> OutlierCount {
    let norms = try statistics.result(of: norms)
    let roles = weights.roles.filter { $0.kind == .projection }
    func values(_ role: WeightRole) throws -> Tensor {
      try weights.require(role).to(.float32).abs() * norms.require(role).to(.float32)
    }
    var (sum, all) = (0.0, 0)
    for role in roles {
      let values = try values(role)
      sum += try values.sum(dtype: .float64).scalar()
      all += values.shape.reduce(1, *)
    }
    let limit = levels * sum / Double(max(1, all))
    var outliers = 0
    for role in roles {
      let values = try values(role)
      let least = try Tensor.full([], limit, dtype: .float32, device: values.device)
      outliers += Int(try (least .< values).sum(dtype: .int64).scalar())
    }
    return OutlierCount(outliers: outliers, all: all)
  }

  /// The counts of both.
  public func merge(_ one: OutlierCount, _ other: OutlierCount) -> OutlierCount {
    OutlierCount(outliers: one.outliers + other.outliers, all: one.all + other.all)
  }

  /// The part of the weights that are outliers.
  public func finish(_ partial: OutlierCount) -> Double {
    Double(partial.outliers) / Double(max(1, partial.all))
  }

  /// The sizes, the values and what is compared, of the largest projection.
  public func bytes(for shapes: [[Int]]) -> Int {
    12 *| (shapes.map { $0.reduce(1, *) }.max() ?? 0)
  }
}

/// How many weights of a block are outliers, and of how many.
public struct OutlierCount: TensorBundle, Sendable, Equatable {
  let outliers: Int
  let all: Int

  init(outliers: Int, all: Int) {
    self.outliers = outliers
    self.all = all
  }

  /// Both counts.
  public var tensors: [String: Tensor] {
    get throws { ["outliers": try Tensor([outliers]), "all": try Tensor([all])] }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    outliers = try tensors.integer("outliers")
    all = try tensors.integer("all")
  }
}
