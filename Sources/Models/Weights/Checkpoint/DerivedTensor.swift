/// Tensors that some programs store beside the weights although they follow from the configuration:
/// frequencies and tables of rotary positions, causal masks, numbered positions.
///
/// No loader reads them, so they are ignored wherever they are.
enum DerivedTensor {
  /// Whether a tensor of this name and shape is one of them.
  static func isDerived(_ name: String, shape: [Int]) -> Bool {
    let parts = name.split(separator: ".")
    guard let last = parts.last else { return false }
    if buffers.contains(where: { last == $0 || last.hasSuffix("_\($0)") }) { return true }
    // GPT-2's name for the causal mask of an attention, `[1, 1, length, length]`; a bias is a vector.
    let owner = parts.dropLast().last ?? ""
    return last == "bias" && attentions.contains(owner) && shape.count >= 2
  }

  /// The names of buffers, to which Gemma 3 adds the kind of the attention.
  private static let buffers = [
    "inv_freq", "original_inv_freq", "long_inv_freq", "cos_cached", "sin_cached", "masked_bias",
    "causal_mask", "position_ids",
  ]

  private static let attentions: Set<Substring> = ["self_attn", "attn", "attention"]
}
