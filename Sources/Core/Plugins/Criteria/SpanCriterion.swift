/// A direct criterion that can score neighbours that go together.
public protocol SpanCriterion: DirectCriterion {
  /// Whether all units that go have to be neighbours.
  var isTogether: Bool { get }

  /// The scores of neighbours that go together.
  ///
  /// - Parameters:
  ///   - units: The units of the model as it stands.
  ///   - statistics: The evidence.
  /// - Returns: For each unit, the score of it alone, of it and the next, and so on to the last.
  /// - Throws: Anything; the run ends with it, and names the criterion.
  func spanScores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [[Double]]
}

extension Criterion {
  /// Whether all units that go are neighbours, chosen by scores that they have together.
  package var choosesNeighbours: Bool { (self as? any SpanCriterion)?.isTogether ?? false }
}
