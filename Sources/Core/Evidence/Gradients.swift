import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Gradients of the mean token loss with respect to a block's weights, over the calibration set.
///
/// Holds one tensor for each of a block's projections and norms; never those of two blocks.
public struct Gradients: GradientEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "gradients"
  /// What it measures.
  public static let summary = "Gradients of the calibration loss, one value for each weight."

  /// How the samples' gradients g_n become one value.
  public enum Aggregate: String, Choice {
    /// The gradient of the mean loss over all tokens, whatever the batches.
    case mean
    /// The mean over samples of |g_n|.
    case meanAbsolute = "mean_absolute"
    /// The mean over samples of g_n², the diagonal of the empirical Fisher information.
    case meanSquare = "mean_square"
  }

  /// How they become one value.
  public var aggregate = Aggregate.mean

  /// Its one setting.
  public static let parameters = [
    Parameter<Gradients>(
      "aggregate",
      \.aggregate,
      help: "how the samples' gradients become one value"
    )
  ]

  /// The gradient of the mean loss.
  public init() {}

  /// Gradients with the given aggregate.
  public init(_ aggregate: Aggregate) { self.aggregate = aggregate }

  /// Whether samples must not be summed before they are looked at.
  public var needsSamples: Bool { aggregate != .mean }

  /// Scales the batch's gradients to its share of the whole.
  public func observe(_ batch: BlockGradients) throws -> LentWeights {
    var partial: [WeightRole: Tensor] = [:]
    for role in batch.gradients.roles {
      let gradient = try batch.gradients.require(role)
      partial[role] =
        switch aggregate {
        case .mean: batch.tokenShare == 1 ? gradient : try gradient * batch.tokenShare
        case .meanAbsolute: try gradient.abs() * batch.sampleShare
        case .meanSquare: try gradient.pow(2) * batch.sampleShare
        }
    }
    return LentWeights(block: batch.gradients.block, partial)
  }

  /// Adds the second's values to the first's in place, and takes over those that only the second
  /// has.
  public func merge(_ one: LentWeights, _ other: LentWeights) throws -> LentWeights {
    var new: [WeightRole: Tensor] = [:]
    for role in other.roles {
      let values = try other.require(role)
      if let known = one[role] { try known.add(values) } else { new[role] = values }
    }
    return one.replacing(new)
  }

  /// The values by role, shaped like the block's weights.
  public func finish(_ partial: LentWeights) throws -> LentWeights { partial }
}

extension LentWeights: TensorBundle {
  /// The weights by role, and the number of the block where they belong to one.
  public var tensors: [String: Tensor] {
    get throws {
      var all: [String: Tensor] = [:]
      for role in roles { all[role.rawValue] = self[role] }
      if let block { all["block"] = try Tensor([block]) }
      return all
    }
  }

  /// Restores what `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    var weights: [WeightRole: Tensor] = [:]
    for (name, tensor) in tensors where name != "block" {
      guard let role = WeightRole(rawValue: name) else {
        throw BundleError("there is no weight called `\(name)`")
      }
      weights[role] = tensor
    }
    let block = try tensors["block"].map { _ in try tensors.integer("block") }
    self.init(block: block, weights)
  }
}
