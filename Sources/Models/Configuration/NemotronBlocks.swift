import BillhookFiles

/// The blocks of a Nemotron-NAS as `block_configs` describes them: how many query heads share a KV
/// head, how wide the MLP is as a multiple of the hidden size, and which parts are not there.
///
/// Source: `vllm/model_executor/models/nemotron_nas.py` and `mlx_lm/models/nemotron-nas.py`.
enum NemotronBlocks {
  static let key = "block_configs"
  /// Widths of MLPs are multiples of this.
  static let channels = 256

  /// The width of an MLP by its multiple of the hidden size, rounded up to a multiple of `channels`.
  static func width(multiple: Double, hiddenSize: Int) -> Int? {
    let width = 2 * rounded(multiple) * Double(hiddenSize) / 3
    guard width >= 1, width <= Double(ConfigurationReader.largestSize) else { return nil }
    return (Int(width) + channels - 1) / channels * channels
  }

  /// The multiple that means a width, with the decimals that mlx-lm keeps.
  static func multiple(width: Int, hiddenSize: Int) -> Double {
    rounded(3 * Double(width) / (2 * Double(hiddenSize)))
  }

  private static func rounded(_ number: Double) -> Double { (number * 1e6).rounded() / 1e6 }

  /// The entries of `block_configs`.
  static func json(of configuration: ModelConfiguration) -> JSON {
    .array(
      configuration.blocks.map { block in
        let attention: JSON =
          block.attention.map { attention in
            [
              "n_heads_in_group": .number(
                JSONNumber(attention.queryHeads / attention.keyValueHeads)
              ),
              "no_op": false, "replace_with_linear": false,
            ]
          } ?? absent("n_heads_in_group")
        let mlp: JSON =
          block.mlp.map { mlp in
            let multiple = multiple(width: mlp.width, hiddenSize: configuration.hiddenSize)
            return [
              "ffn_mult": JSONNumber(multiple).map(JSON.number) ?? .null, "no_op": false,
              "replace_with_linear": false,
            ]
          } ?? absent("ffn_mult")
        return ["attention": attention, "ffn": mlp]
      }
    )
  }

  private static func absent(_ key: String) -> JSON {
    .object([
      JSON.Member(key: key, value: .null), JSON.Member(key: "no_op", value: true),
      JSON.Member(key: "replace_with_linear", value: false),
    ])
  }
}

extension ConfigurationReader {
  /// The blocks that `block_configs` describes, as parts of a Llama.
  ///
  /// - Throws: `FileError` when entries are missing, or ask for something that a Llama has not.
  func nemotronBlocks(
    _ attention: AttentionShape,
    hasBias: Bool
  ) throws(FileError) -> [BlockShape] {
    let range = try blockRange()
    let hiddenSize = try size("hidden_size")
    guard let entries = value(NemotronBlocks.key)?.array, entries.count == range.count else {
      throw error(NemotronBlocks.key, "expected one entry for each of \(range.count) blocks")
    }
    var blocks: [BlockShape] = []
    for (number, entry) in entries.enumerated() {
      let place = "\(NemotronBlocks.key)[\(number)]"
      let parts = ConfigurationReader(path: path, json: entry, prefix: "\(place).")
      guard let heads = try parts.nested("attention"), let mlp = try parts.nested("ffn") else {
        throw error(place, "expected an object with `attention` and `ffn`")
      }
      var block = BlockShape(sourceIndex: number, attention: nil, mlp: nil)
      if try !heads.isAbsent() {
        let group = try heads.size("n_heads_in_group")
        guard attention.queryHeads % group == 0 else {
          throw heads.error(
            "n_heads_in_group",
            "\(attention.queryHeads) query heads cannot be in groups of \(group)"
          )
        }
        block.attention = attention
        block.attention?.keyValueHeads = attention.queryHeads / group
      }
      if try !mlp.isAbsent() {
        block.mlp = MLPShape(width: try mlp.nemotronWidth(hiddenSize), hasBias: hasBias)
      }
      guard block.attention != nil || block.mlp != nil else {
        throw error(place, "has neither attention nor MLP")
      }
      for reader in [heads, mlp] { try reader.refuseUnread() }
      try parts.refuseUnread()
      blocks.append(block)
    }
    return blocks
  }

  /// Whether a part of a block is not there.
  private func isAbsent() throws(FileError) -> Bool {
    guard try !flag("replace_with_linear", default: false) else {
      throw error("replace_with_linear", "parts that were replaced by a matrix are not supported")
    }
    // Without the part, these mean nothing.
    let isAbsent = try flag("no_op", default: false)
    if isAbsent {
      for key in ["n_heads_in_group", "ffn_mult", "intermediate_size"] { _ = value(key) }
    }
    return isAbsent
  }

  private func nemotronWidth(_ hiddenSize: Int) throws(FileError) -> Int {
    if !has("ffn_mult"), has("intermediate_size") { return try size("intermediate_size") }
    let multiple = try positive("ffn_mult")
    guard let width = NemotronBlocks.width(multiple: multiple, hiddenSize: hiddenSize) else {
      throw error("ffn_mult", "\(multiple) times the hidden size is not a valid width")
    }
    return width
  }
}
