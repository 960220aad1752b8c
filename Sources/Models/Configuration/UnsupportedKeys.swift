import BillhookFiles

/// Keys of a `config.json` that change what a model computes, and that the decoder does not
/// support.
///
/// These are the keys that transformers reads, in a family's classes and in the code that all
/// models share (masks, caches, layers with their own shapes), except those that the families here
/// read. Any other key changes nothing in transformers.
enum UnsupportedKeys {
  /// Why a member cannot be ignored; nil where it can.
  static func reason(against member: JSON.Member, in family: Family) -> String? {
    guard let neutral = ofAll[member.key] ?? family.unsupportedKeys[member.key],
      !neutral.contains(member.value), !member.value.isNull
    else { return nil }
    let value = member.value.text(indent: nil).shown(atMost: 60)
    return "\(value) changes what \(family.architecture.withArticle) computes, and is not supported"
  }

  /// Keys that transformers reads for any model, with the values at which they change nothing.
  private static let ofAll: [String: [JSON]] = [
    // Attention that sees what comes after a token, or less than all that came before it.
    "is_causal": [true], "use_bidirectional_attention": [false], "is_encoder_decoder": [false],
    "add_cross_attention": [false], "attention_chunk_size": [], "kv_sharing_modes": [[], [:]],
    // Layers with their own shapes, heads that are removed when the model is loaded.
    "per_layer_config": [[], [:]], "pruned_heads": [[], [:]],
  ]
}
