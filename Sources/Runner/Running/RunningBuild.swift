import BillhookCore
import BillhookPipeline
import Foundation

/// The build that runs: plugins and arithmetic are in its executable.
enum RunningBuild {
  /// What tells it from another build.
  ///
  /// It is computed anew by each process, in a few milliseconds, since a file at the same path may change.
  ///
  /// - Throws: `FileError` when the executable cannot be read.
  static func identity() throws -> String {
    guard let path = Bundle.main.executablePath else { return BillhookVersion.current }
    return try Checksum(ofFile: path).hex
  }
}
