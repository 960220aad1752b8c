import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport
@testable import BillhookRecipe

/// Amounts of memory: bytes of weights, keys and values, never more than is asked for.
@Suite struct MemoryBudgetTests {
  private static func number(_ text: String) -> Number { Number(lexed: text) }

  private static func load(_ context: Int, batch: Int = 1) -> CacheLoad {
    var load = CacheLoad(context: context)
    load.batch = batch
    return load
  }

  /// So many bytes, written as thousands of them.
  private static func downTo(_ bytes: Int, _ load: CacheLoad) -> Amount {
    .downToMemory(number("\(Double(bytes) / 1000)"), unit: "KB", load)
  }

  private static func budget(
    _ amount: Amount,
    _ units: [any PruningUnit],
    _ model: LanguageModel,
    by allocation: any Allocation = Global(),
    keep: Keep = Keep(),
    prepared: LanguageModel? = nil
  ) throws -> Budget {
    try Budget(
      amount,
      keep: keep,
      allocation: allocation,
      units: units,
      model: model,
      opened: model,
      prepared: prepared
    )
  }

  /// Worked out from `config.json` by hand: 12 blocks of 101,568 parameters, tables of 914 by 96, all in
  /// two bytes; keys and values of 3 heads of 16.
  @Test func bytesAreThoseOfTheConfiguration() throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    let load = Self.load(256, batch: 4)
    let memory = try load.memory(of: model)
    #expect(memory.weights == 2 * (12 * 101_568 + 2 * 914 * 96 + 96))
    #expect(memory.cache == 12 * 2 * 3 * 16 * 2 * 1024)
    #expect(memory.bytes == 5_148_096)
    #expect(try Self.load(0).memory(of: model) == ServingMemory(weights: 2_788_800, cache: 0))
    let costs: [(any PruningUnit, Int)] = [
      (Block(), 399_744), (AttentionHead(), 83_968), (MLPChannel(), 576),
      (AttentionSublayer(), 2 * (27_648 + 96) + 196_608), (MLPSublayer(), 2 * (73_728 + 96)),
    ]
    for (unit, cost) in costs {
      let amount = Amount.percentOfMemory(Self.number("20"), load)
      let budget = try Self.budget(amount, [unit], model)
      #expect(budget.blocks.allSatisfy { budget.cost($0) == cost }, "\(type(of: unit).name)")
    }
  }

  /// Query heads inside of groups take nothing of the cache with them; windows count as whole.
  @Test func onlyKeysAndValuesAreCached() throws {
    let model = try Golden("qwen3-window-bias").model
    #expect(model.blocks.contains { $0.attention?.window != nil })
    let tokens = 16
    let cache = model.blocks.compactMap(\.attention).reduce(0) {
      $0 + tokens * 2 * $1.keyValueHeads * $1.headSize * 4
    }
    #expect(try Self.load(tokens).memory(of: model).cache == cache)
    var heads = AttentionHead()
    heads.headGranularity = .queryHead
    let whole = try Golden("llama-gqa").model
    let budget = try Self.budget(.percentOfMemory(Self.number("5"), Self.load(16)), [heads], whole)
    for units in budget.blocks { #expect(budget.cost(units) == 4 * units.parameterCount) }
  }

  @Test(arguments: [
    "llama-gqa", "gemma2", "qwen3-window-bias", "phi3", "llama-tied-biases", "granite4", "arcee",
  ])
  func costsAreWhatCutsSave(name: String) throws {
    let model = try Golden(name).model
    let load = Self.load(24, batch: 3)
    var random = SplitMix64(seed: 5)
    var tried = 0
    for units in SearchSpaceTests.kinds {
      let amount = Amount.percentOfMemory(Self.number("10"), load)
      let space = try SearchSpaceTests.space(model, units, amount)
      #expect(space.size == (try load.memory(of: model).bytes))
      for _ in 0..<8 {
        let kept = SearchSpaceTests.choice(space, &random)
        guard let cut = try? model.removing(space.gates(kept, units, of: model)) else { continue }
        #expect(try load.memory(of: cut).bytes == space.size - space.sizeGone(kept))
        tried += 1
      }
      let values = (0..<space.count).map { _ in Double.random(in: 0..<1, using: &random) }
      let fitted = try #require(space.fitted(space.all, by: values))
      let cut = try model.removing(space.gates(fitted, units, of: model))
      let left = try load.memory(of: cut).bytes
      // Never above, and below by less than a unit of those that are fine.
      let fine = zip(space.blocks, space.costs).filter { $0.0.granularity.isWidth }.map(\.1).max()
      let unit = try #require(fine ?? space.costs.max())
      #expect(10 * left <= 9 * space.size && 10 * (left + unit) > 9 * space.size)
    }
    #expect(tried > 30)
  }

  /// A weight in another type counts with its own bytes, and a key's type is that of what it caches.
  @Test func everyWeightCountsInItsType() throws {
    try ModelCopy.with("llama-gqa") { copy in
      let plain = try copy.open()
      try copy.rewrite { tensors in
        for name in ["self_attn.k_proj", "mlp.up_proj"] {
          let name = "model.layers.1.\(name).weight"
          tensors[name] = try tensors[name]?.to(.bfloat16)
        }
      }
      let mixed = try copy.open()
      let shape = try #require(plain.blocks[1].attention)
      let keys = shape.keyValueHeads * shape.headSize
      let load = Self.load(10)
      let (before, after) = (try load.memory(of: plain), try load.memory(of: mixed))
      #expect(before.cache - after.cache == 10 * keys * 2)
      let hidden = plain.configuration.hiddenSize
      let width = try #require(plain.blocks[1].mlp?.width)
      #expect(before.weights - after.weights == 2 * (keys + width) * hidden)
      for unit: any PruningUnit in [Block(), AttentionHead(), MLPChannel()] {
        let amount = Amount.percentOfMemory(Self.number("10"), load)
        let budget = try Self.budget(amount, [unit], mixed)
        for units in budget.blocks {
          let cut = try unit.cutting([units.unit(0)], from: mixed)
          #expect(try after.bytes - load.memory(of: cut).bytes == budget.cost(units))
        }
      }
    }
  }

  /// Worked out by hand from the sizes above: blocks of 32 take 18 bytes in q4_0 and 34 in q8_0, which
  /// tables have in both; norms are f32, keys and values f16.
  @Test(arguments: [GGUF.Rounding.q4_0, .q8_0])
  func whatIsInBlocksCountsAsBlocks(type: GGUF.Rounding) throws {
    let bytes = type == .q4_0 ? 18 : 34
    try Fixture.withFolder { folder in
      let format = GGUF(type: type)
      try format.write(LanguageModel(opening: Fixture.tinyModel), into: folder, .testing())
      let model = try format.read(folder)
      let load = Self.load(256, batch: 4)
      let memory = try load.memory(of: model)
      let block = 101_376 / 32 * bytes + 4 * 192
      #expect(memory.weights == 12 * block + 2 * 914 * 96 / 32 * 34 + 4 * 96)
      #expect(memory.cache == 12 * 2 * 3 * 16 * 2 * 1024)
      let costs: [(any PruningUnit, Int)] = [
        (Block(), block + 196_608), (AttentionHead(), 9_216 / 32 * bytes + 65_536),
        (MLPChannel(), 288 / 32 * bytes),
      ]
      for (unit, cost) in costs {
        let amount = Amount.percentOfMemory(Self.number("10"), load)
        let budget = try Self.budget(amount, [unit], model)
        for units in budget.blocks {
          #expect(budget.cost(units) == cost, "\(unit)")
          let cut = try unit.cutting([units.unit(0)], from: model)
          #expect(try memory.bytes - load.memory(of: cut).bytes == cost, "\(unit)")
        }
      }
    }
  }

  /// Changed numbers are no blocks any more.
  @Test func changedWeightsCountInTheirType() throws {
    try Fixture.withFolder { folder in
      let type = GGUF(type: .q4_0)
      try type.write(LanguageModel(opening: Fixture.tinyModel), into: folder, .testing())
      let model = try type.read(folder)
      let down = WeightID(.down, block: 3)
      let matrix = try model.weights.stored(down)
      let size = try model.byteCount()
      let difference = matrix.elementCount * 4 - matrix.elementCount / 32 * 18
      let edited = try model.editing([down: matrix], at: "\(folder)/b.safetensors")
      #expect(try edited.byteCount() == size + difference)
      let mask = try Tensor.full(matrix.shape, 1, dtype: .bool)
      let masked = try model.editing([:], masks: [down: mask], at: "\(folder)/c.safetensors")
      #expect(try masked.byteCount() == size + difference)
      #expect(model.blockKinds.map(\.name) == ["q8_0", "q4_0"])
      #expect(try LanguageModel(opening: Fixture.tinyModel).blockKinds.isEmpty)
    }
  }

  /// Whatever the scores are, the bound holds, and one unit less would break it.
  @Test(arguments: ["llama-gqa", "phi3", "llama-tied-biases"])
  func theBoundIsMetToWithinAMove(name: String) throws {
    let model = try Golden(name).model
    let load = Self.load(20, batch: 2)
    let whole = try load.memory(of: model).bytes
    var random = SplitMix64(seed: 23)
    var tried = 0
    for units in SearchSpaceTests.kinds.filter({ $0.count < 3 }) {
      let isWide = units.allSatisfy { $0.granularity.isWidth }
      for allocation in isWide ? [Global() as any Allocation, Uniform()] : [Global()] {
        for part in [0.55, 0.7, 0.83, 0.97] {
          let target = Int(Double(whole) * part)
          let amount = Self.downTo(target, load)
          guard let budget = try? Self.budget(amount, units, model, by: allocation) else {
            continue
          }
          #expect(budget.mostBytes == target)
          let scores = try units.map { unit in
            let blocks = unit.units(of: model)
            let count = blocks.reduce(0) { $0 + $1.count }
            let values = (0..<count).map { _ in Double.random(in: 0..<1, using: &random) }
            return try Scores(criterion: "test", scale: .plain, blocks: blocks, values: values)
          }
          guard let found = try? budget.selection(from: scores),
            let cut = try? model.removing(found.gates(units, of: model))
          else { continue }
          let left = try load.memory(of: cut).bytes
          let start = found.ends.dropLast().last ?? 0
          let last = found.removed[start...].reduce(0) { $0 + budget.cost($1) }
          #expect(left <= target && left + last > target, "\(units.map(\.signature)), \(part)")
          if allocation is Global { #expect(found.removed.count == start + 1) }
          tried += 1
        }
      }
    }
    #expect(tried > 15, "\(tried)")
  }

  /// Neighbours of different sizes: as few as suffice.
  @Test func neighboursSufficeToo() throws {
    let model = try AmountBlocks.uneven
    let blocks = Block().units(of: model).flatMap(\.all)
    let load = Self.load(8)
    let whole = try load.memory(of: model).bytes
    let rows = blocks.indices.map { start in
      (0..<blocks.count - start).map { Double(start * 7 % 5) + Double($0) }
    }
    let spans = try SpanScores(rows, of: blocks, by: "test")
    for part in [0.5, 0.8] {
      let target = Int(Double(whole) * part)
      let budget = try Self.budget(Self.downTo(target, load), [Block()], model)
      let found = try budget.selection(spans, of: blocks)
      let cut = try model.removing(found.gates([Block()], of: model))
      #expect(try load.memory(of: cut).bytes <= target)
    }
  }

  @Test func whatCannotBeIsRefusedWithWhatCan() throws {
    let model = try LanguageModel(opening: Fixture.tinyModel)
    let load = Self.load(256, batch: 4)
    func fault(_ size: String, _ load: CacheLoad, keep: Keep = Keep()) -> String {
      let amount = Amount.downToMemory(Self.number(size), unit: "KB", load)
      do {
        _ = try Self.budget(amount, [MLPChannel()], model, keep: keep)
        return ""
      } catch {
        return "\(error)"
      }
    }
    // One channel of each of twelve blocks stays: 5,148,096 - 12 · 255 · 576.
    #expect(fault("3000", load).contains("leaves at least 3385536"))
    #expect(fault("3385.535", load).contains("leaves at least 3385536"))
    #expect(fault("3385.536", load) == "")
    let keep = Keep(first: 6)
    #expect(fault("3000", load, keep: keep).contains("`keep first 6` leaves at least 4266816"))
    #expect(fault("6000", load).contains("is met already: the model takes 2788800 bytes of we"))
    #expect(fault("3000", Self.load(257)).contains("`context = 257` is longer than the 256 t"))
    // One block stays: 5,148,096 - 11 · 399,744.
    let amount = Amount.downToMemory(Self.number("700"), unit: "KB", load)
    let error = #expect(throws: BudgetError.self) { try Self.budget(amount, [Block()], model) }
    #expect(error?.description.contains("leaves at least 750912") == true, "\(error as Any)")
    #expect(fault("3000", Self.load(256, batch: 65_536)).contains("leaves at least"))
  }

  /// Biases that a repair adds count as well.
  @Test func whatRepairsAddCounts() throws {
    let model = try Golden("llama-gqa").model
    let prepared = model.addingBiases(toAttention: false, toMLP: true)
    let load = Self.load(16)
    let target = Int(0.8 * Double(try load.memory(of: model).bytes))
    let amount = Self.downTo(target, load)
    let budget = try Self.budget(amount, [MLPChannel()], model, prepared: prepared)
    let found = try budget.anySelection()
    let cut = try model.removing(found.gates([MLPChannel()], of: model))
      .addingBiases(toAttention: false, toMLP: true)
    let left = try load.memory(of: cut).bytes
    #expect(left <= target && left + budget.cost(found.removed[0]) > target)
  }

  /// They count as parameters too: the model ends as near to what is asked for as one channel allows.
  @Test func whatRepairsAddCountsAsParameters() throws {
    let model = try Golden("llama-gqa").model
    let prepared = model.addingBiases(toAttention: true, toMLP: true)
    let hidden = model.configuration.hiddenSize
    // Of four blocks: queries, keys, values and what comes out, then gate, up and down.
    let added = 4 * (48 + 24 + 24 + 32 + 56 + 56 + 32)
    #expect(prepared.parameterCount == model.parameterCount + added)
    let target = model.parameterCount - 20 * hidden
    let share = 100 * Double(20 * hidden) / Double(model.parameterCount)
    let amounts: [Amount] = [
      .downToParameters(Self.number("\(target)"), unit: ""),
      .percentOfParameters(Self.number("\(share)")),
    ]
    for amount in amounts {
      let budget = try Self.budget(amount, [MLPChannel()], model, prepared: prepared)
      #expect(budget.addedParameters == added)
      let found = try budget.anySelection()
      let cut = try model.removing(found.gates([MLPChannel()], of: model))
        .addingBiases(toAttention: true, toMLP: true)
      // A channel takes three rows or columns with it, and a bias of each of the two.
      let each = 3 * hidden + 2
      #expect(prepared.parameterCount - found.removed.count * each == cut.parameterCount)
      #expect(2 * abs(cut.parameterCount - target) <= each)
    }
  }
}

/// Blocks that differ: one has lost a KV group, two have lost channels.
private enum AmountBlocks {
  static var uneven: LanguageModel {
    get throws {
      let model = try Golden("llama-gqa").model
      let (heads, channels) = (AttentionHead().units(of: model), MLPChannel().units(of: model))
      let narrower = try AttentionHead().cutting([heads[2].unit(0)], from: model)
      let gone = (0..<17).map(channels[1].unit) + (0..<40).map(channels[3].unit)
      return try MLPChannel().cutting(gone, from: narrower)
    }
  }
}
