import BillhookFiles
import BillhookTorch

extension ModelWriter {
  /// Writes the masks of a model, one at a time, with its blocks numbered anew; nothing where it has
  /// none.
  ///
  /// - Throws: `FileError` when masks cannot be read, or writing fails.
  static func write(masksOf model: LanguageModel, into directory: String) throws {
    var plans: [TensorPlan] = []
    var masked: [WeightID] = []
    for (position, block) in model.blocks.enumerated() {
      for (id, shape) in model.configuration.weights(of: block)
      where try id.role.kind == .projection && model.weights.hasMask(id) {
        let name = WeightEdits.name(of: WeightID(id.role, block: position))
        plans.append(
          TensorPlan(name: name, dtype: .uint8, shape: [shape[0], (shape[1] + 7) / 8])
        )
        masked.append(id)
      }
    }
    guard !plans.isEmpty else { return }
    var writer = try SafetensorsWriter("\(directory)/\(MaskFile.name)", holding: plans)
    for id in masked {
      if let mask = try model.weights.mask(id) { try writer.append(mask.packedBits()) }
    }
    try writer.finish()
  }
}
