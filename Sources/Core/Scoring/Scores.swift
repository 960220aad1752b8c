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
  /// For each unit, the scores of it and those after it going together, by their number less one;
  /// nil where units are chosen one by one.
  public let spans: [[Double]]?
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
    spans: [[Double]]? = nil,
    whole: Double? = nil
  ) throws(ScoreError) {
    let units = blocks.flatMap(\.all)
    guard values.count == units.count else {
      throw ScoreError(criterion, "gave \(values.count) scores for \(units.count) units")
    }
    if let spans {
      let lengths = spans.map(\.count)
      guard lengths == (0..<units.count).map({ units.count - $0 }) else {
        throw ScoreError(criterion, "gave some neighbours no scores")
      }
      for (unit, row) in zip(units, spans) {
        guard let value = row.first(where: { !$0.isFinite }) else { continue }
        throw ScoreError(
          criterion,
          "gave the score \(rounded(value)) to \(unit.label) and neighbours after it"
        )
      }
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
