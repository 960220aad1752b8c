public import BillhookModels
public import BillhookTorch

/// Gives every unit a score: the higher, the more important, and the longer the unit stays.
///
/// A criterion never decides how many units go, or which are exempt. It is a `SaliencyCriterion`,
/// an `InputCriterion`, a `DirectCriterion`, or an `UpdateCriterion`, which scores in a training.
public protocol Criterion: Plugin {
  /// What has to be measured before units can be scored; nothing for the weights alone.
  var evidence: [any Evidence] { get }

  /// What the scores mean, which decides how they are shown and whether they may be infinite.
  var scale: ScoreScale { get }

  /// The units that it can score.
  var granularities: Set<UnitGranularity> { get }

  /// Checks what can be known before anything is computed, such as what a file holds.
  ///
  /// - Parameter units: The units that will be scored; none where it is not known which are left by then.
  /// - Throws: `DataError` that says what is missing.
  func check(_ units: [BlockUnits]) throws
}

extension Criterion {
  /// Criteria are named after `by`.
  public static var kind: PluginKind { .criterion }

  /// Nothing but the weights.
  public var evidence: [any Evidence] { [] }

  /// A plain number.
  public var scale: ScoreScale { .plain }

  /// Nothing to check.
  public func check(_ units: [BlockUnits]) throws {}

  /// All units that are cut out; not single weights.
  public var granularities: Set<UnitGranularity> {
    Set(UnitGranularity.allCases).subtracting([.weight])
  }
}

/// What scores mean.
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
  ///   - statistics: The evidence for the block that it belongs to.
  /// - Returns: A value for each element of the weight.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor

  /// How the values of a unit's weights become one score.
  var reduction: SaliencyReduction { get }

  /// Among which values the lowest are looked for where single weights are pruned.
  var group: ComparisonGroup { get }
}

extension SaliencyCriterion {
  /// All units, and single weights.
  public var granularities: Set<UnitGranularity> { Set(UnitGranularity.allCases) }

  /// A matrix.
  public var group: ComparisonGroup { .matrix }

  /// The sum over projections and norms.
  public var reduction: SaliencyReduction { SaliencyReduction() }
}

/// A criterion with a value for each channel that enters the last projection of a sub-layer; the
/// score of a head is the mean over its channels, that of an MLP channel its own value.
///
/// It scores units inside a sub-layer: heads by the inputs of the output projection, channels by
/// those of the down projection.
public protocol InputCriterion: Criterion {
  /// The importance of each input of a projection.
  ///
  /// - Parameters:
  ///   - weight: The projection, `[out, in]` in f32.
  ///   - id: Which projection it is: `output` or `down`.
  ///   - statistics: The evidence for the block that it belongs to.
  /// - Returns: A value for each input: `[in]`.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func importance(ofInputsOf weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws
    -> Tensor

  /// Whether the importances of a projection only compare its inputs, and add up to zero.
  ///
  /// If so, a unit that is alone in its block has the score 0.
  var isRelative: Bool { get }
}

extension InputCriterion {
  /// What lies inside a sub-layer.
  public var granularities: Set<UnitGranularity> { [.heads, .channels] }

  /// Each importance has a meaning of its own.
  public var isRelative: Bool { false }

  /// Why the criterion has nothing to compare in these blocks; nil where it has.
  package func obstacle(to blocks: [BlockUnits]) -> String? {
    guard isRelative, !blocks.isEmpty, blocks.allSatisfy({ $0.count == 1 }) else { return nil }
    return "compares the units of a block, and each block has only one `\(blocks[0].kind)`: scores "
      + "would be rounding errors; choose another criterion or other units"
  }
}

/// A criterion that scores a unit by what happens without it, or by something known beforehand.
public protocol DirectCriterion: Criterion {
  /// A score for each unit, in their order.
  ///
  /// - Parameters:
  ///   - units: The units of the model as it stands.
  ///   - statistics: The evidence: one result for each unit, or for each block.
  /// - Returns: As many scores as there are units.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double]
}
