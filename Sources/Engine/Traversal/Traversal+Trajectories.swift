package import BillhookTorch

extension Traversal {
  /// The way of the last token of each window through all blocks, batch by batch.
  ///
  /// - Parameter tokens: The calibration set.
  /// - Returns: For each batch the states in front of each block and behind the last one, each
  ///   `[windows, hidden]` in f32. What one token is at each place is little, however large the
  ///   model.
  /// - Throws: `Cancelled`, and what libtorch refuses.
  package func trajectories(_ tokens: TokenSet) throws -> [[Tensor]] {
    var entering: [[Tensor]] = []
    var leaving: [Tensor] = []
    func last(_ states: Tensor) throws -> Tensor {
      let length = states.shape[1]
      return try states.narrowed(1, to: length - 1..<length)
        .reshaped([states.shape[0], states.shape[2]]).to(.float32)
    }
    _ = try forward(tokens, candidates: []) { _, states in
      entering.append(try states.map { try last($0.input) })
      leaving = try states.map { try last($0.output) }
    }
    return leaving.indices.map { batch in entering.map { $0[batch] } + [leaving[batch]] }
  }
}
