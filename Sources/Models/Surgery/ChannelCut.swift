import BillhookFiles

/// A block's MLP after some of its channels are removed.
struct ChannelCut {
  /// The MLP that is left.
  let shape: MLPShape
  /// The channels that are left, by their numbers in the block as it was opened.
  let left: [Int]
  private let rows: [Int]

  init(_ closed: NumberSet, of block: BlockShape, _ model: LanguageModel) throws(FileError) {
    let number = block.sourceIndex
    let channels = model.channels(ofBlock: number)
    guard let mlp = block.mlp, closed.isSubset(of: NumberSet(channels)) else {
      let missing = closed.subtracting(NumberSet(channels)).map(String.init).joined(separator: ", ")
      throw FileError(model.directory.path, "block \(number) has no channel \(missing)")
    }
    rows = channels.indices.filter { !closed.contains(channels[$0]) }
    guard !rows.isEmpty else {
      throw FileError(
        model.directory.path,
        "block \(number) would be left without any channel; its MLP can go as a whole"
      )
    }
    var shape = mlp
    shape.width = rows.count
    self.shape = shape
    left = rows.map { channels[$0] }
  }

  /// The part of a weight that is left; nil for all of it.
  func kept(of role: WeightRole) -> SelectedWeights.Kept? {
    switch role {
    case .gate, .up, .gateBias, .upBias: .init(dimension: 0, positions: rows)
    case .down: .init(dimension: 1, positions: rows)
    default: nil
    }
  }
}
