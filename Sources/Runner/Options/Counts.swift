import ArgumentParser

/// Whole numbers on the command line, with commas between them: `1,8`.
struct Counts {
  let values: [Int]

  init(_ values: [Int]) { self.values = values }

  /// Texts at once.
  @Sendable static func batches(_ text: String) throws -> Counts { try Counts(text, 1...1 << 16) }

  /// Tokens of a text.
  @Sendable static func tokens(_ text: String) throws -> Counts { try Counts(text, 1...1 << 24) }

  /// Reads numbers of a range.
  ///
  /// - Throws: `ValidationError` that says what was expected, and what was found.
  private init(_ text: String, _ range: ClosedRange<Int>) throws {
    values = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = Int(part), range.contains(value) else {
        throw ValidationError(
          "expected whole numbers from \(range.lowerBound) to \(range.upperBound) with commas "
            + "between them, as in 1,8, found \(text)"
        )
      }
      return value
    }
  }
}
