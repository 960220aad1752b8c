package import BillhookModels

/// An error for a stored weight that is NaN or infinite, which makes everything computed with it
/// invalid.
package struct BrokenWeight: Error, Equatable, Sendable, CustomStringConvertible {
  /// The weight, with its file.
  package let weight: NonFiniteWeight

  /// The whole error in one line.
  package var description: String {
    "\(weight), so nothing computed with it is valid; the file is damaged, or was saved by a "
      + "training that failed: get another copy"
  }
}

extension LanguageModel {
  /// Checks every weight, to find the reason after a result was NaN or infinite.
  ///
  /// - Throws: `BrokenWeight` with the first weight that is NaN or infinite, in the order of the
  ///   model.
  package func requireFiniteWeights() throws {
    if let weight = try firstNonFiniteWeight() { throw BrokenWeight(weight: weight) }
  }
}
