/// A folder in which passes over a model write how far they are.
package struct PassFolder: Sendable {
  /// The folder; its name tells what is computed, so that nothing else is taken for it.
  package let path: String
  /// How long nothing is written at least.
  package let interval: Duration

  /// A folder, written to once a minute at most.
  package init(_ path: String, interval: Duration = .seconds(60)) {
    self.path = path
    self.interval = interval
  }
}
