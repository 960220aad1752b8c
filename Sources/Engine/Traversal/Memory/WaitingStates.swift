import BillhookTorch

/// Where hidden states are kept between two blocks: in memory, or in files of the scratch folder.
struct WaitingStates {
  private let folder: String?

  /// Makes a store for states, in files of the context's scratch folder if `onDisk`.
  init(_ context: RunContext, onDisk isOnDisk: Bool) {
    folder = isOnDisk ? context.scratch : nil
  }

  /// The states as they are kept.
  func kept(_ states: Tensor) throws -> Tensor {
    try folder.map { try states.spilled(to: $0) } ?? states
  }
}
