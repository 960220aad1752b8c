import BillhookFiles

/// A list of a `config.json` with an entry for each block, which is cut with the blocks.
enum BlockList: String, Sendable, CaseIterable {
  /// The kind of each block's attention.
  case layerTypes = "layer_types"
  /// The kind of each block's MLP.
  case mlpLayerTypes = "mlp_layer_types"
  /// 1 for each block with rotary positions, 0 for the others.
  case rotaryLayers = "no_rope_layers"

  /// The entry of a block, for a configuration that leaves the list to be derived from the numbers of
  /// blocks; nil for a list that is not derived.
  func entry(of block: BlockShape) -> JSON? {
    switch self {
    case .layerTypes: block.attention?.window == nil ? "full_attention" : "sliding_attention"
    case .mlpLayerTypes: nil
    case .rotaryLayers: .number(JSONNumber(block.attention?.rotary == nil ? 0 : 1))
    }
  }
}
