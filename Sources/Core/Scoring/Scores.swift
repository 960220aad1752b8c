import BillhookFiles

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The score of each unit of a model, from one criterion.
public struct Scores: Sendable, Equatable {
  /// The criterion with its parameters.
  public let criterion: String
  /// What the scores are.
  public let scale: ScoreScale
  /// The units, block by block.
  public let blocks: [BlockUnits]
  /// The score of each unit, in order: the higher, the more important.
  public let values: [Double]
  /// The scores of neighbours that go together; nil where units are chosen one by one.
  public let spans: SpanScores?
  /// The loss of the model with all of its units on the same data, in nats a token; nil where it was
  /// not measured beside them.
  public let whole: Double?

  /// Checks and keeps the scores that a criterion gave.
  ///
  /// - Throws: `ScoreError` when there is not exactly one for each unit, or one is not a number.
  package init(
    criterion: String,
    scale: ScoreScale,
    blocks: [BlockUnits],
    values: [Double],
    spans: SpanScores? = nil,
    whole: Double? = nil
  ) throws(ScoreError) {
    let units = blocks.flatMap(\.all)
    guard values.count == units.count else {
      throw ScoreError(criterion, "gave \(values.count) scores for \(units.count) units")
    }
    guard spans.map({ $0.rows.count == units.count }) ?? true else {
      throw ScoreError(criterion, "gave some neighbours no scores")
    }
    for (unit, value) in zip(units, values) {
      // Without some units nothing works at all; a loss may say so, and they are kept.
      let mayBeInfinite = scale != .plain && value == .infinity
      guard value.isFinite || mayBeInfinite else {
        throw ScoreError(criterion, "gave the score \(rounded(value)) to \(unit.label)")
      }
    }
    self.criterion = criterion
    self.scale = scale
    self.blocks = blocks
    self.values = values
    self.spans = spans
    self.whole = whole
  }

  private init(_ scores: Scores, values: [Double]) {
    criterion = scores.criterion
    scale = scores.scale
    blocks = scores.blocks
    self.values = values
    spans = scores.spans
    whole = scores.whole
  }

  /// The same scores, but that some units go before all others.
  ///
  /// - Parameter isFirst: Whether each of the units, in order, is one of them.
  /// - Returns: The scores.
  func putting(first isFirst: some Sequence<Bool>) -> Scores {
    Scores(self, values: zip(values, isFirst).map { $1 ? -.infinity : $0 })
  }

  /// The units, in order.
  public var units: [PrunableUnit] { blocks.flatMap(\.all) }

  /// The scores of the units of one block, in order; nil when they were not scored.
  func values(of units: BlockUnits) -> ArraySlice<Double>? {
    var start = 0
    for other in blocks {
      if other.block == units.block, other.kind == units.kind, other.places == units.places {
        return values[start..<start + other.count]
      }
      start += other.count
    }
    return nil
  }

  /// The score of a unit as it is shown: a loss as perplexity.
  public func shown(_ index: Int) -> Double {
    scale == .loss ? exp(values[index]) : values[index]
  }

  /// The units, least important first; where scores are equal, in order of their numbers.
  public var leastImportantFirst: [PrunableUnit] {
    zip(units, values).enumerated()
      .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
      .map(\.element.0)
  }
}
