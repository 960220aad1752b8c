public import BillhookModels
public import BillhookTorch

/// Gives every unit a score: the higher, the more important, the longer it stays.
///
/// A criterion never decides how many units go, or which are exempt. It is a `SaliencyCriterion`
/// or a `DirectCriterion`.
public protocol Criterion: Plugin {
  /// What has to be measured before units can be scored; nothing for the weights alone.
  var evidence: [any Evidence] { get }

  /// What the scores are, which says how they are shown and whether they may be infinite.
  var scale: ScoreScale { get }
}

extension Criterion {
  /// Criteria stand behind `by`.
  public static var kind: PluginKind { .criterion }

  /// Nothing besides the weights.
  public var evidence: [any Evidence] { [] }

  /// A plain number.
  public var scale: ScoreScale { .plain }
}

/// What scores are.
public enum ScoreScale: String, Sendable {
  /// Finite numbers that mean nothing beyond their order.
  case plain
  /// A mean loss in nats, shown as perplexity; infinite means that nothing works without the unit.
  case loss
  /// Scores from elsewhere, shown as they are; infinite means that nothing works without the unit.
  case foreign
}

/// A criterion with a value for each weight, which is reduced to one for each unit.
public protocol SaliencyCriterion: Criterion {
  /// The importance of each element of a weight, in the weight's shape.
  ///
  /// - Parameters:
  ///   - weight: The weight as it is stored, in f32.
  ///   - id: Which weight it is.
  ///   - findings: The evidence for the block that it belongs to.
  /// - Returns: A value for each element of the weight.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func saliency(of weight: Tensor, _ id: WeightID, _ findings: Findings) throws -> Tensor

  /// How the values of a unit's weights become one score.
  var reduction: SaliencyReduction { get }
}

extension SaliencyCriterion {
  /// The sum over projections and norms.
  public var reduction: SaliencyReduction { SaliencyReduction() }
}

/// A criterion that scores a unit by what happens without it, or by something known beforehand.
public protocol DirectCriterion: Criterion {
  /// A score for each unit, in their order.
  ///
  /// - Parameters:
  ///   - units: The units of the model as it stands.
  ///   - findings: The evidence, with one result for each unit.
  ///   - notes: Called with what the user should know, such as rows of a file that were not used.
  /// - Returns: As many scores as there are units.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func scores(
    of units: [PrunableUnit],
    _ findings: Findings,
    notes: (String) -> Void
  ) throws -> [Double]
}
