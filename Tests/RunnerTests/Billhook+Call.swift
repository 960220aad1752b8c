import BillhookPlugins
@testable import BillhookRunner
import TestSupport

extension TestSupport.Billhook {
  /// Calls a command in this process, where it ends and prints as in one of its own.
  ///
  /// Throws nothing, but stands where `run` does.
  static func call(_ arguments: [String]) throws -> Outcome {
    let (status, output, errors) = BillhookRunner.call(arguments, plugins: BuiltinPlugins.all)
    return Outcome(status: status.rawValue, output: output, errors: errors)
  }
}
