import BillhookFiles

/// Keys of a `config.json` that change what a model computes, and that the decoder does not follow.
///
/// They are what the classes of transformers read, the configuration's and the model's and what all
/// models share (masks, caches, layers of their own), less what the families here ask for. A key that
/// is in neither of the two changes nothing there.
enum UnsupportedKeys {
  /// Why a member cannot be passed over; nil where it can.
  static func reason(against member: JSON.Member, in family: Family) -> String? {
    guard let neutral = ofAll[member.key] ?? family.unsupportedKeys[member.key],
      !neutral.contains(member.value), !member.value.isNull
    else { return nil }
    let value = member.value.text(indent: nil).shown(atMost: 60)
    return "\(value) changes what a \(family.architecture) computes, and is not supported"
  }

  /// Keys that transformers reads for any model, with the values at which they change nothing.
  private static let ofAll: [String: [JSON]] = [
    // Attention that sees what comes after a token, or less than all that came before it.
    "is_causal": [true], "use_bidirectional_attention": [false], "is_encoder_decoder": [false],
    "add_cross_attention": [false], "attention_chunk_size": [], "kv_sharing_modes": [[], [:]],
    // Layers with shapes of their own, heads that are taken out when the model is loaded.
    "per_layer_config": [[], [:]], "pruned_heads": [[], [:]],
  ]
}
