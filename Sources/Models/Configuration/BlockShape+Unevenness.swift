extension [BlockShape] {
  /// Whether every block has an attention and an MLP.
  var areWhole: Bool { allSatisfy { $0.attention != nil && $0.mlp != nil } }

  /// How blocks differ that would have to be alike; nil where they are.
  var unevenness: String? {
    if let block = first(where: { $0.attention == nil }) {
      return "block \(block.sourceIndex) has no attention"
    }
    if let block = first(where: { $0.mlp == nil }) {
      return "block \(block.sourceIndex) has no MLP"
    }
    func difference(_ what: String, _ value: (BlockShape) -> Int) -> String? {
      guard let other = first(where: { value($0) != value(self[0]) }) else { return nil }
      return
        "blocks \(self[0].sourceIndex) and \(other.sourceIndex) have \(value(self[0])) and "
        + "\(value(other)) \(what)"
    }
    return difference("query heads") { $0.attention?.queryHeads ?? 0 }
      ?? difference("KV heads") { $0.attention?.keyValueHeads ?? 0 }
      ?? difference("channels") { $0.mlp?.width ?? 0 }
  }
}
