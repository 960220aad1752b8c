public import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// The hidden states of each window's last token before and after a block.
///
/// What leaves the last block is taken before the final norm. All blocks show the same windows in the
/// same order, so that a token can be followed through the model.
public struct LastTokenStates: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "last_token_states"
  /// What it measures.
  public static let summary =
    "The hidden states of each window's last token before and after a block."

  /// No settings.
  public init() {}

  /// States batch by batch.
  public struct Batches: TensorBundle {
    /// The states of each batch by the number of its first window, which tells their order.
    private(set) var byFirstWindow: [Int: Tensor]

    init(_ byFirstWindow: [Int: Tensor]) { self.byFirstWindow = byFirstWindow }

    /// The states of each batch, named by the number of its first window.
    public var tensors: [String: Tensor] {
      Dictionary(uniqueKeysWithValues: byFirstWindow.map { ("\($0)", $1) })
    }

    /// What `tensors` gave.
    public init(tensors: [String: Tensor]) throws {
      byFirstWindow = [:]
      for (name, states) in tensors {
        guard let first = Int(name), states.shape.count == 3, states.shape[1] == 2 else {
          throw BundleError(
            "expected states `[windows, 2, hidden]` named by their first window, found `\(name)` of "
              + "the shape \(states.shape)"
          )
        }
        byFirstWindow[first] = states
      }
    }
  }

  /// The states of one batch.
  public func observe(_ activations: BlockActivations) throws -> Batches {
    let states = try [activations.entering, activations.leaving].map { states in
      try states.narrowed(1, to: states.shape[1] - 1..<states.shape[1])
    }
    // Joined they are a copy: a view would keep the states of all tokens in memory.
    let joined = try Tensor.joined(states, along: 1).to(.float32)
    return Batches([activations.windows.lowerBound: joined])
  }

  /// The batches of both, which have no window in common.
  public func merge(_ one: Batches, _ other: Batches) throws -> Batches {
    Batches(
      try one.byFirstWindow.merging(other.byFirstWindow) { _, _ in
        throw BundleError("the same windows were observed twice")
      }
    )
  }

  /// The states of each batch, in the order of the windows: `[windows, 2, hidden]` in f32, before and
  /// after the block.
  public func finish(_ partial: Batches) throws -> [Tensor] {
    partial.byFirstWindow.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Two states.
  public func bytesPerWindow(of model: LanguageModel) -> Int {
    2 * model.configuration.hiddenSize * DType.float32.byteCount
  }
}
