import BillhookTorch
@testable import BillhookModels
import BillhookFiles
import Testing
import TestSupport

/// A mask holds whatever comes after it, and travels with the saved model.
@Suite struct MaskTests {
  private let query = WeightID(.query, block: 1)

  private func opened() throws -> LanguageModel { try Golden("llama-gqa").model }

  /// Every third element goes.
  private func mask(_ id: WeightID, of model: LanguageModel) throws -> Tensor {
    let shape = try model.weights.stored(id).shape
    let numbers = (0..<shape.reduce(1, *)).map { $0 % 3 == 0 ? 0.0 : 1 }
    return try (.!(Tensor(numbers) .== 0)).reshaped(shape)
  }

  /// Whether all elements that a mask takes away are +0, and the others as they were.
  private func holds(_ mask: Tensor, _ found: Tensor, over before: Tensor) throws -> Bool {
    try found.hasSameBytes(as: mask.choosing(before, else: .zeros([], dtype: before.dtype)))
  }

  @Test func aMaskHoldsWhatIsLaidOnTop() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let mask = try mask(query, of: model)
      let before = try model.weights.stored(query)
      let masked = try model.editing([:], masks: [query: mask], at: "\(folder)/a.safetensors")
      #expect(try holds(mask, masked.weights.stored(query), over: before))
      #expect(try masked.weights.mask(query)?.hasSameBytes(as: mask) == true)
      #expect(try masked.maskedCounts() == [query: before.shape.reduce(1, *) / 3])
      // New values, all of them negative, so that a product with 0 would be -0.
      let new = try Tensor.full(before.shape, -1.5)
      let edited = try masked.editing([query: new], at: "\(folder)/b.safetensors")
      #expect(try holds(mask, edited.weights.stored(query), over: new))
      // Low-rank updates.
      let update = LowRankUpdate(
        down: try Tensor.full([2, before.shape[1]], 1),
        up: try Tensor.full([before.shape[0], 2], 1),
        scale: 3
      )
      let updated = try masked.editing([:], updates: [query: update], at: "\(folder)/c.safetensors")
      #expect(try holds(mask, updated.weights.stored(query), over: before + 6))
      let live = masked.live(replacing: [query: new])
      #expect(try holds(mask, live.weights.stored(query), over: new))
      // A newer mask takes the place of an older one.
      let all = try Tensor.full(before.shape, 1, dtype: .bool)
      let open = try masked.editing([:], masks: [query: all], at: "\(folder)/d.safetensors")
      #expect(try open.weights.stored(query).hasSameBytes(as: before))
    }
  }

  @Test func aCutSelectsTheMask() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let down = WeightID(.down, block: 1)
      let mask = try mask(down, of: model)
      let masked = try model.editing([:], masks: [down: mask], at: "\(folder)/a.safetensors")
      var gates = Gates()
      gates.close(channels: [0, 5], ofBlock: 1)
      let cut = try masked.removing(gates)
      let kept = try Tensor((0..<mask.shape[1]).filter { $0 != 0 && $0 != 5 })
      #expect(try cut.weights.mask(down)?.hasSameBytes(as: mask.selecting(1, kept)) == true)
    }
  }

  @Test func masksTravelWithTheSavedModel() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let mask = try mask(query, of: model)
      let masked = try model.editing([:], masks: [query: mask], at: "\(folder)/a.safetensors")
        .removingBlocks([0])
      let path = "\(folder)/saved"
      try FileSystem.makeDirectory(path)
      try ModelWriter(masked, dtype: nil, shardLimit: .max).write(into: path)
      let saved = try LanguageModel(opening: path)
      // The block is the first one now.
      let id = WeightID(.query, block: 0)
      #expect(try saved.weights.mask(id)?.hasSameBytes(as: mask) == true)
      #expect(try saved.isSparse() && saved.maskedCounts() == [id: mask.shape.reduce(1, *) / 3])
      #expect(try saved.weights.stored(id).hasSameBytes(as: masked.weights.stored(query)))
      // Not copied along as a companion: what is saved next has masks of its own, or none.
      #expect(!saved.directory.companions.names.contains(MaskFile.name))

      // Filled by somebody else.
      try ModelCopy(at: path).rewrite { tensors in
        tensors["model.layers.0.self_attn.q_proj.weight"]? = try Tensor.full(mask.shape, 1)
      }
      let filled = try LanguageModel(opening: path)
      let error = #expect(throws: FileError.self) { try filled.weights.stored(id) }
      #expect(error?.place == "\(id)" && error?.message.contains("is not zero in") == true)
      try FileSystem.remove("\(path)/\(MaskFile.name)")
      #expect(try LanguageModel(opening: path).weights.mask(id) == nil)
    }
  }

  @Test func aMaskFileHasToFit() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let masked = try model.editing(
        [:],
        masks: [query: mask(query, of: model)],
        at: "\(folder)/a.safetensors"
      )
      let path = "\(folder)/saved"
      try FileSystem.makeDirectory(path)
      try ModelWriter(masked, dtype: nil, shardLimit: .max).write(into: path)
      for (name, shape) in [("9.query", [48, 4]), ("0.query", [48, 5]), ("embedding", [1, 1])] {
        try SafetensorsWriter.replace(
          "\(path)/\(MaskFile.name)",
          by: [(name, try Tensor.zeros(shape, dtype: .uint8))]
        )
        let error = #expect(throws: FileError.self) { try LanguageModel(opening: path) }
        #expect(error?.place == name)
      }
    }
  }

  @Test func zerosOfOthersCanBeMasks() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let mask = try mask(query, of: model)
      let zeros = try model.weights.stored(query).keeping(mask)
      let pruned = try model.editing([query: zeros], at: "\(folder)/a.safetensors")
      #expect(try !pruned.isSparse())
      let sparse = pruned.takingZerosForMasks
      #expect(try sparse.weights.mask(query)?.hasSameBytes(as: mask) == true)
      let new = try Tensor.full(mask.shape, 2)
      let edited = try sparse.editing([query: new], at: "\(folder)/b.safetensors")
      #expect(try holds(mask, edited.weights.stored(query), over: new))
    }
  }

  /// Whoever multiplies by a mask leaves -0 where weights were negative.
  @Test func zerosOfOthersArePositive() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let mask = try mask(query, of: model)
      let weight = try model.weights.stored(query)
      let product = try weight * mask.to(weight.dtype)
      let kept = try weight.keeping(mask)
      #expect(try product.equals(kept) && !product.hasSameBytes(as: kept))
      let path = "\(folder)/saved"
      try FileSystem.makeDirectory(path)
      let pruned = try model.editing([query: product], at: "\(folder)/a.safetensors")
      try ModelWriter(pruned.takingZerosForMasks, dtype: nil, shardLimit: .max).write(into: path)
      #expect(try LanguageModel(opening: path).weights.stored(query).hasSameBytes(as: kept))
    }
  }

  @Test func anAdapterDoesNotFillZeros() throws {
    let model = try opened()
    try Fixture.withFolder { folder in
      let masked = try model.editing(
        [:],
        masks: [query: mask(query, of: model)],
        at: "\(folder)/a.safetensors"
      )
      let error = #expect(throws: FileError.self) {
        try masked.merging(adapter: Fixture.path("adapters/llama-gqa"))
      }
      #expect(error?.message.contains("fills the zeros") == true)
      #expect(error?.message.contains("has masks in billhook.masks") == true)
      let zeros = try model.weights.stored(query).keeping(mask(query, of: model))
      let taken = try model.editing([query: zeros], at: "\(folder)/b.safetensors")
        .takingZerosForMasks
      let other = #expect(throws: FileError.self) {
        try taken.merging(adapter: Fixture.path("adapters/llama-gqa"))
      }
      #expect(other?.message.contains("has zeros, which `zeros = keep` takes for masks") == true)
      #expect(other?.message.contains("billhook.masks") == false)
    }
  }
}
