import BillhookEngine
import BillhookModels

extension BlockActivations {
  /// The same, with the inputs of some projections only.
  func showing(inputsOf roles: Set<WeightRole>) -> BlockActivations {
    let sites = Set(roles.map(\.input))
    return BlockActivations(
      entering: entering,
      between: between,
      leaving: leaving,
      inputs: inputs.filter { sites.contains($0.key) },
      firstWindow: windows.lowerBound
    )
  }
}
