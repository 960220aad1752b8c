import BillhookCore

extension WholeWeights {
  /// The weights of some blocks, or everything.
  ///
  /// - Throws: `TrainingError` when the model has no such block.
  init(of model: LanguageModel, inBlocks numbers: [Int]?, device: Device) throws {
    guard let numbers else {
      try self.init(of: model, device: device)
      return
    }
    let known = model.blocks.map(\.sourceIndex)
    if let missing = numbers.first(where: { !known.contains($0) }) {
      let list = known.map(String.init).joined(separator: ", ")
      throw TrainingError("`train` names block \(missing), but the model has only \(list)")
    }
    try self.init(of: model, device: device) { $0.block.map(numbers.contains) ?? false }
  }
}

extension LanguageModel {
  /// Checks that the blocks are there.
  func require(blocks numbers: [Int]?) throws(ParameterProblem) {
    let known = blocks.map(\.sourceIndex)
    if numbers?.isEmpty == true { throw ParameterProblem("train", "names no block") }
    guard let missing = numbers?.first(where: { !known.contains($0) }) else { return }
    let last = known.last ?? 0
    throw ParameterProblem("train", "names block \(missing); the blocks are \(known[0]) to \(last)")
  }

  /// The weights of some blocks, or of the whole model.
  func weights(inBlocks numbers: [Int]?) -> Set<WeightID> {
    Set(
      configuration.allWeights.map(\.id).filter { id in
        numbers.map { numbers in id.block.map(numbers.contains) ?? false } ?? true
      }
    )
  }

  /// The parameters of some blocks, or of the whole model.
  func parameterCount(inBlocks numbers: [Int]?) -> Int {
    guard let numbers else { return parameterCount }
    return blocks.filter { numbers.contains($0.sourceIndex) }
      .reduce(0) { $0 + configuration.parameterCount(of: $1) }
  }
}
