/// How the process ends.
package enum ExitStatus: Int32 {
  /// Everything was done.
  case done = 0
  /// The recipe has errors, or nothing has the name that was asked about.
  case recipeErrors = 1
  /// The command line is wrong.
  case usage = 2
  /// A stage failed.
  case failed = 3
  /// The terminal was closed.
  case hungUp = 129
  /// Somebody interrupted.
  case interrupted = 130
  /// The system, or a supervisor, ended it.
  case terminated = 143
}
