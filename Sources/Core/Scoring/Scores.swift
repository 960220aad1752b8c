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
  /// The units, in order.
  public let units: [PrunableUnit]
  /// The score of each unit: the higher, the more important.
  public let values: [Double]

  /// Checks and keeps the scores that a criterion gave.
  ///
  /// - Throws: `ScoreError` when there is not exactly one for each unit, or one is not a number.
  init(
    criterion: String,
    scale: ScoreScale,
    units: [PrunableUnit],
    values: [Double]
  ) throws(ScoreError) {
    guard values.count == units.count else {
      throw ScoreError(criterion, "gave \(values.count) scores for \(units.count) units")
    }
    for (unit, value) in zip(units, values) {
      // Without some units nothing works at all; a loss may say so, and they are kept.
      let mayBeInfinite = scale != .plain && value == .infinity
      guard value.isFinite || mayBeInfinite else {
        throw ScoreError(criterion, "gave the score \(value) to \(unit.label)")
      }
    }
    self.criterion = criterion
    self.scale = scale
    self.units = units
    self.values = values
  }

  /// The score of a unit as it is shown: a loss as perplexity.
  public func shown(_ index: Int) -> Double {
    scale == .loss ? exp(values[index]) : values[index]
  }

  /// The numbers of the units without which nothing works.
  public var indispensable: Set<Int> {
    Set(zip(units, values).filter { $0.1 == .infinity }.map(\.0.number))
  }

  /// The units, least important first; where scores are equal, in order of their numbers.
  public var leastImportantFirst: [PrunableUnit] {
    zip(units, values).enumerated()
      .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
      .map(\.element.0)
  }
}

/// Why the scores of a criterion cannot be used.
public struct ScoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The criterion with its parameters.
  public let criterion: String
  /// What is wrong, with the unit.
  public let message: String

  init(_ criterion: String, _ message: String) {
    self.criterion = criterion
    self.message = message
  }

  /// The whole error in one line.
  public var description: String { "criterion `\(criterion)` \(message)" }
}
