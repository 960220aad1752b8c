import BillhookFiles

extension ConfigurationReader {
  /// Gives each block the widths that `layer_widths` names, as Billhook writes them.
  ///
  /// - Throws: `FileError` when entries are missing, or one is not a width.
  func applyLayerWidths(to configuration: inout ModelConfiguration) throws(FileError) {
    guard let entries = value("layer_widths")?.array,
      entries.count == configuration.blocks.count
    else {
      throw error(
        "layer_widths",
        "expected one entry for each of \(configuration.blocks.count) blocks"
      )
    }
    let names = configuration.names
    for (index, entry) in entries.enumerated() {
      let place = "layer_widths[\(index)]"
      guard entry.members != nil else { throw wrong(place, expected: "an object", found: entry) }
      let reader = ConfigurationReader(path: path, json: entry, prefix: "\(place).")
      var shape = configuration.blocks[index]
      let biases = try reader.strings("biases")
      func hasBias(_ role: WeightRole) -> Bool {
        names.module(ofBias: role).map(biases.contains) ?? false
      }
      let heads = try reader.width("num_attention_heads")
      let groups = try reader.width("num_key_value_heads")
      guard (heads == 0) == (groups == 0), groups == 0 || heads % groups == 0 else {
        throw reader.error(
          "num_key_value_heads",
          "\(heads) query heads cannot share \(groups) key and value heads evenly"
        )
      }
      shape.attention?.queryHeads = heads
      shape.attention?.keyValueHeads = groups
      shape.attention?.hasInputBias = hasBias(.queryBias)
      shape.attention?.hasOutputBias = hasBias(.outputBias)
      if heads == 0 { shape.attention = nil }
      let width = try reader.width("intermediate_size")
      shape.mlp?.width = width
      shape.mlp?.hasBias = hasBias(.downBias)
      if width == 0 { shape.mlp = nil }
      guard shape.attention != nil || shape.mlp != nil else {
        throw error(place, "has neither attention nor MLP")
      }
      try reader.refuseUnread()
      configuration.blocks[index] = shape
    }
  }

  /// A whole number of at least 0.
  private func width(_ key: String) throws(FileError) -> Int {
    guard let found = value(key)?.int, (0...Self.largestSize).contains(found) else {
      throw wrong(key, expected: "a whole number from 0", found: value(key) ?? .null)
    }
    return found
  }

  private func strings(_ key: String) throws(FileError) -> [String] {
    let found = value(key)?.array
    guard let found, found.allSatisfy({ $0.string != nil }) else {
      throw wrong(key, expected: "a list of strings", found: value(key) ?? .null)
    }
    return found.compactMap(\.string)
  }
}
