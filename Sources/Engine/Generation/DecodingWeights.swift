import BillhookModels
import BillhookTorch

/// The weights of a whole model, lent for generating text.
///
/// They are views of the mapped files where the model computes in its stored type, else one
/// converted copy. Where libtorch would rearrange matrices for every product (bf16 on a CPU), they
/// are copied once, provided that the copy takes at most half of the machine's memory.
struct DecodingWeights {
  let context: RunContext
  let decoder: Decoder
  let blocks: [(shape: BlockShape, weights: LentWeights, closed: ClosedParts)]
  let entrance: LentWeights
  let exit: LentWeights

  /// Borrows the weights of the parts of a model that are not switched off.
  init(_ model: LanguageModel, _ context: RunContext) throws {
    self.context = context
    let (dtype, device) = (context.dtype, context.device)
    let packs = model.parameterCount * dtype.byteCount <= Machine.memory / 2
    decoder = Decoder(
      model.configuration,
      dtype: dtype,
      device: device,
      pieces: context.pieces
    )
    blocks = try model.blocks.filter { !model.gates.closedBlocks.contains($0.sourceIndex) }.map {
      try context.checkCancelled()
      let weights = try model.lend($0, dtype: dtype, device: device)
        .packing(packs ? WeightRole.projections : [])
      return ($0, weights, model.closedParts(of: $0, by: model.gates))
    }
    let configuration = model.configuration
    let roles = configuration.exitRoles.union([.embedding])
    entrance = try model.lend(roles, dtype: dtype, device: device)
    exit = try entrance.packing(packs ? [configuration.exitTable] : [])
  }

  /// The bytes of all weights, in the type of the arithmetic; matrices that were copied count once.
  var byteCount: Int {
    let table = entrance[.embedding]?.byteCount ?? 0
    let isTwice = exit[.embedding]?.isPacked ?? false
    return blocks.reduce(exit.byteCount + (isTwice ? table : 0)) { $0 + $1.weights.byteCount }
  }
}
