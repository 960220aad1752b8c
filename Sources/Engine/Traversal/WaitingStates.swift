import BillhookTorch

/// Where hidden states wait between two blocks: in memory, or in files of the scratch folder.
struct WaitingStates {
  private let folder: String?

  /// A place for states, in files of the context's scratch folder where they are `onDisk`.
  init(_ context: RunContext, onDisk isOnDisk: Bool) {
    folder = isOnDisk ? context.scratch : nil
  }

  /// The states as they wait.
  func kept(_ states: Tensor) throws -> Tensor {
    try folder.map { try states.spilled(to: $0) } ?? states
  }
}
