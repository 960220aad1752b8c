package import BillhookModels

extension PruningUnit {
  /// The units of a model as it stands, when they fit it.
  ///
  /// - Throws: `PluginError` that names the block whose units are described wrongly.
  package func checkedUnits(of model: LanguageModel) throws(PluginError) -> [BlockUnits] {
    let found = units(of: model)
    let shapes = Dictionary(
      uniqueKeysWithValues: model.configuration.allWeights.map { ($0.id, $0.shape) }
    )
    let blocks = Set(model.blocks.map(\.sourceIndex))
    for units in found {
      guard let fault = units.fault(in: blocks, shapes) else { continue }
      throw PluginError(self, at: "block \(units.block)", fault)
    }
    return found
  }
}

extension BlockUnits {
  /// What does not fit a model with these blocks and weights; nil when all does.
  fileprivate func fault(in blocks: Set<Int>, _ shapes: [WeightID: [Int]]) -> String? {
    guard blocks.contains(block) else { return "the model has no such block" }
    guard count > 0 else { return "has no units; leave the block out" }
    guard places.allSatisfy({ $0 >= 0 }), zip(places, places.dropFirst()).allSatisfy(<) else {
      return "places have to be in ascending order, found \(places.prefix(8).map(String.init))"
    }
    guard minimum >= 0, multiple > 0, sets > 0, count.isMultiple(of: sets) else {
      return "\(count) units cannot be at least \(minimum), in \(sets) equal sets, as a multiple "
        + "of \(multiple)"
    }
    return slices.lazy.compactMap { fault(of: $0, shapes[$0.weight]) }.first
  }

  private func fault(of slice: Slice, _ shape: [Int]?) -> String? {
    guard let shape else { return "there is no weight \(slice.weight)" }
    guard let dimension = slice.dimension else {
      return count == 1 ? nil : "\(count) units cannot each have the whole of \(slice.weight)"
    }
    guard shape.indices.contains(dimension), count * slice.extent == shape[dimension] else {
      return "\(count) units with \(slice.extent) rows or columns each do not fill dimension "
        + "\(dimension) of \(slice.weight), whose shape is \(shape)"
    }
    return nil
  }
}
