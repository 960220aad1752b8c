extension [String] {
  /// Each string once, where it first occurs.
  package var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
