package import BillhookModels

/// A stored weight is no number, and whatever is computed with it is none either.
package struct BrokenWeight: Error, Equatable, Sendable, CustomStringConvertible {
  /// The weight, with its file.
  package let weight: NonFiniteWeight

  /// The whole error in one line.
  package var description: String {
    "\(weight), so nothing that is computed with it is a number; the file is damaged, or was saved by a "
      + "training that failed: get another copy"
  }
}

extension LanguageModel {
  /// Looks at every weight, for whoever has met a number that is none and asks for the reason.
  ///
  /// - Throws: `BrokenWeight` with the first that is NaN or infinite, in the order of the model.
  package func requireFiniteWeights() throws {
    if let weight = try firstNonFiniteWeight() { throw BrokenWeight(weight: weight) }
  }
}
