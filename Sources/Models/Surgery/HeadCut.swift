import BillhookFiles

/// A block's attention after some of its query heads are removed.
///
/// A KV head is removed with the last query head of its group; the groups that stay have to keep
/// equally many, because a decoder gives each KV head the same number of query heads.
struct HeadCut {
  /// The attention that is left.
  let shape: AttentionShape
  /// The query heads that are left, by their numbers in the block as it was opened.
  let left: [Int]
  private let queryRows: [Int]
  private let keyRows: [Int]

  init(_ closed: NumberSet, of block: BlockShape, _ model: LanguageModel) throws(FileError) {
    let number = block.sourceIndex
    let heads = model.queryHeads(ofBlock: number)
    guard let attention = block.attention, closed.isSubset(of: NumberSet(heads)) else {
      let missing = closed.subtracting(NumberSet(heads)).map(String.init).joined(separator: ", ")
      throw FileError(model.directory.path, "block \(number) has no query head \(missing)")
    }
    if let reason = attention.whyHeadsStay {
      throw FileError(model.directory.path, "block \(number): \(reason)")
    }
    let kept = heads.indices.filter { !closed.contains(heads[$0]) }
    guard !kept.isEmpty else {
      throw FileError(
        model.directory.path,
        "block \(number) would be left without any head; its attention can go as a whole"
      )
    }
    let perGroup = attention.queryHeads / attention.keyValueHeads
    var counts = [Int](repeating: 0, count: attention.keyValueHeads)
    for place in kept { counts[place / perGroup] += 1 }
    let groups = counts.indices.filter { counts[$0] > 0 }
    let sizes = Set(groups.map { counts[$0] }).sorted()
    guard sizes.count == 1 else {
      throw FileError(
        model.directory.path,
        "KV groups of block \(number) would be left with \(sizes[0]) and \(sizes[1]) query heads; "
          + "every group has to keep equally many"
      )
    }
    var shape = attention
    shape.queryHeads = kept.count
    shape.keyValueHeads = groups.count
    self.shape = shape
    left = kept.map { heads[$0] }
    let size = attention.headSize
    queryRows = kept.flatMap { $0 * size..<($0 + 1) * size }
    keyRows = groups.flatMap { $0 * size..<($0 + 1) * size }
  }

  /// The part of a weight that is left; nil for all of it.
  func kept(of role: WeightRole) -> SelectedWeights.Kept? {
    switch role {
    case .query, .queryBias: .init(dimension: 0, positions: queryRows)
    case .key, .value, .keyBias, .valueBias: .init(dimension: 0, positions: keyRows)
    case .output: .init(dimension: 1, positions: queryRows)
    default: nil
    }
  }
}
