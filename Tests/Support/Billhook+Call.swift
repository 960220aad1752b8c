import BillhookPlugins
import BillhookRunner

extension Billhook {
  /// Calls a command in this process, where it ends and prints as in one of its own: nothing has to be
  /// started, which takes a quarter of a second.
  ///
  /// What it computes is not found again by `run`, whose program is another. Throws nothing, but stands
  /// where `run` does.
  public static func call(_ arguments: [String]) throws -> Outcome {
    let (status, output, errors) = BillhookRunner.call(arguments, plugins: BuiltinPlugins.all)
    return Outcome(status: status.rawValue, output: output, errors: errors)
  }
}
