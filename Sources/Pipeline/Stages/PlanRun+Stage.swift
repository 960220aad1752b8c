import BillhookCore

extension PlanRun {
  /// Runs a stage that keeps what it finds.
  ///
  /// Of several processes, process 0 runs it. The others take part where the work is shared, and then
  /// take what process 0 kept.
  ///
  /// - Parameters:
  ///   - name: What it is called in progress and journal.
  ///   - found: What is kept of it; nil for nothing yet.
  ///   - following: What another process does of shared work; nil where process 0 does it alone.
  ///   - body: The work, as of `Stages.run`.
  /// - Returns: The result.
  /// - Throws: `StageError` with what the work throws, `Cancelled`, and what tells of other processes.
  func stage<Result>(
    _ name: String,
    found: () throws -> Result?,
    following: (() throws -> Void)? = nil,
    _ body: (inout Stages.Byproducts) throws -> (Result, String)
  ) throws -> Result {
    guard processes.size > 1 else { return try stages.run(name, body) }
    guard processes.leads else {
      return try stages.run(name) { _ in
        try following?()
        guard let result = try found() else {
          throw DataError("process 0 kept nothing that the other processes could take")
        }
        return (result, "")
      }
    }
    return try stages.run(name) { byproducts in
      let made = try body(&byproducts)
      _ = try found()
      return made
    }
  }
}
