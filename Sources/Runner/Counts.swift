import ArgumentParser

/// Whole numbers on the command line, with commas between them: `1,8`.
struct Counts {
  let values: [Int]

  init(_ values: [Int]) { self.values = values }

  /// Reads numbers from 1 to 2²⁴.
  ///
  /// - Throws: `ValidationError` that says what was expected.
  init(_ text: String) throws {
    values = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = Int(part), (1...1 << 24).contains(value) else {
        throw ValidationError(
          "expected whole numbers from 1 to \(1 << 24) with commas between them, as in 1,8, "
            + "found \(text)"
        )
      }
      return value
    }
  }
}
