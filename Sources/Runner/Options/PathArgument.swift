import ArgumentParser

/// A path on the command line.
enum PathArgument {
  /// Reads a path.
  ///
  /// - Throws: `ValidationError` for an empty one, which a shell makes of a variable that is not set.
  @Sendable static func path(_ text: String) throws -> String {
    guard !text.isEmpty else { throw ValidationError("expected a path, found an empty text") }
    return text
  }
}
