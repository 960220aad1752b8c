import BillhookModels
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Testing
import TestSupport
@testable import BillhookRecipe

/// What a search may remove: exact counts of parameters, and amounts that are met.
@Suite struct SearchSpaceTests {
  static let kinds: [[any PruningUnit]] = [
    [MLPChannel()], [AttentionHead()], [AttentionHead(), MLPChannel()], [Block()],
    [Block(), AttentionHead(), MLPChannel()], [AttentionSublayer(), MLPSublayer()],
    [AttentionSublayer(), AttentionHead(), MLPChannel()],
  ]

  static func space(
    _ model: LanguageModel,
    _ units: [any PruningUnit],
    _ amount: Amount? = nil,
    keep: Keep = Keep()
  ) throws -> SearchSpace {
    // Less than half a block would come to nothing.
    let share = units.allSatisfy { $0.granularity.isWidth } ? "10" : "30"
    let budget = try Budget(
      amount ?? .percentOfParameters(number(share)),
      keep: keep,
      allocation: Global(),
      units: units,
      model: model,
      opened: model
    )
    return try SearchSpace(budget, of: model)
  }

  static func number(_ text: String) -> Number { Number(lexed: text) }

  /// A random choice that no model forbids.
  static func choice(_ space: SearchSpace, _ random: inout SplitMix64) -> [Bool] {
    var kept = space.all
    for (units, range) in zip(space.blocks, space.ranges) {
      let share = units.granularity.isWidth ? 0.3 : 0.2
      for unit in range { kept[unit] = Double.random(in: 0..<1, using: &random) >= share }
      let left = range.count { kept[$0] }
      if left < units.minimum, let first = range.first { kept[first] = true }
    }
    return kept
  }

  @Test(arguments: ["llama-gqa", "gemma2", "qwen3-window-bias", "phi3", "llama-tied-biases"])
  func parametersAreThoseOfModelsThatAreCut(name: String) throws {
    let model = try Golden(name).model
    var random = SplitMix64(seed: 3)
    var tried = 0
    for units in Self.kinds {
      let space = try Self.space(model, units)
      for _ in 0..<12 {
        let kept = Self.choice(space, &random)
        guard let cut = try? model.removing(space.gates(kept, units, of: model)) else { continue }
        #expect(cut.parameterCount == model.parameterCount - space.parametersGone(kept))
        let selected = space.selection(kept)
        #expect(selected.parameterCount == space.parametersGone(kept))
        // The selection closes the same.
        #expect(selected.gates(units, of: model) == space.gates(kept, units, of: model))
        tried += 1
      }
    }
    #expect(tried > 50)
  }

  /// Where blocks are searched with what is inside of them, the start takes the same share of each block,
  /// however the scores of blocks differ, and no block.
  @Test func aNestedStartIsAlikeInAllBlocks() throws {
    let model = try Golden("llama-gqa").model
    let units: [any PruningUnit] = [Block(), AttentionHead(), MLPChannel()]
    let budget = try Budget(
      .percentOfParameters(Self.number("30")),
      keep: Keep(),
      allocation: Global(),
      units: units,
      model: model,
      opened: model
    )
    let space = try SearchSpace(budget, of: model)
    // Units of later blocks have higher values, and within a block later ones.
    let values = (0..<space.count).map(Double.init)
    let kept = try #require(space.start(budget, by: values, []))
    #expect(space.fault(kept) == nil)
    var shares: [UnitGranularity: Set<Int>] = [:]
    for (index, units) in space.blocks.enumerated() {
      let gone = units.count - space.keptCount(index, kept)
      if units.granularity == .block { #expect(gone == 0) }
      if units.granularity == .channels { shares[.channels, default: []].insert(gone) }
      // The lowest go.
      #expect(space.ranges[index].prefix(gone).allSatisfy { !kept[$0] })
    }
    // Rounding is made up for in one block or two.
    let channels = try #require(shares[.channels])
    #expect(try #require(channels.max()) - #require(channels.min()) < 12 && !channels.contains(0))
  }

  /// Several candidates that walk together have the losses of models that were cut, and no bit of them
  /// depends on the company.
  @Test(arguments: ["llama-gqa", "gemma2", "phi3"])
  func gatedLossesAreThoseOfModelsThatAreCut(name: String) throws {
    let golden = try Golden(name)
    let model = golden.model
    var random = SplitMix64(seed: 11)
    for units in [Self.kinds[2], Self.kinds[4]] {
      let space = try Self.space(model, units)
      let choices = (0..<6).map { _ in Self.choice(space, &random) }.filter { kept in
        (try? model.removing(space.gates(kept, units, of: model))) != nil
      }
      #expect(choices.count > 2)
      func losses(_ choices: [[Bool]]) throws -> [Double] {
        try Traversal(model, .testing()).forward(
          golden.tokens,
          candidates: choices.map { space.gates($0, units, of: model) },
          tree: nil,
          isApart: true
        )
        .map { $0.reduce(TokenLoss(), +).mean }
      }
      let together = try losses(choices)
      for (kept, loss) in zip(choices, together) {
        let cut = try model.removing(space.gates(kept, units, of: model))
        let expected = try Traversal(cut, .testing()).loss(on: golden.tokens).mean
        #expect(abs(loss - expected) < 1e-6 * expected)
        #expect(try losses([kept]) == [loss])
      }
    }
  }

  @Test func amountsAreMetExactly() throws {
    let model = try Golden("llama-gqa").model
    var random = SplitMix64(seed: 17)
    for units in Self.kinds {
      let space = try Self.space(model, units)
      guard case .size(let range) = space.goal else { continue }
      for _ in 0..<20 {
        let kept = Self.choice(space, &random)
        let values = (0..<space.count).map { _ in Double.random(in: 0..<1, using: &random) }
        guard let fitted = space.fitted(kept, by: values) else { continue }
        #expect(range.contains(space.parametersGone(fitted)))
        #expect(space.fault(fitted) == nil)
        // What meets the amount stays as it is.
        #expect(space.fitted(fitted, by: values.reversed()) == fitted)
      }
      #expect(space.fitted(space.all, by: space.evenly) != nil)
    }
    for count in [1, 13, 100] {
      let space = try Self.space(model, [MLPChannel()], .units(count))
      let values = (0..<space.count).map { Double(($0 * 37) % 101) }
      let fitted = try #require(space.fitted(space.all, by: values))
      #expect(space.gone(fitted).count == count)
      // The lowest values, counted by hand.
      let lowest = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.prefix(count)
      #expect(Set(lowest) == Set(fitted.indices.filter { !fitted[$0] }))
    }
  }

  @Test func keptBlocksAndLastUnitsStay() throws {
    let model = try Golden("llama-gqa").model
    let space = try Self.space(model, [MLPChannel()], .units(80), keep: Keep(first: 1, last: 1))
    #expect(Set(space.blocks.map(\.block)) == [1, 2])
    // Everything of block 1 is worth less than anything of block 2, and one channel stays.
    let values = (0..<space.count).map(Double.init)
    let fitted = try #require(space.fitted(space.all, by: values))
    #expect(space.keptCount(0, fitted) == 1 && space.keptCount(1, fitted) == 56 - 25)
    #expect(space.fitted(space.all, by: values, within: [40...56, 40...56]) == nil)
    #expect(space.fault([Bool](repeating: false, count: space.count)) != nil)
    #expect(space.fault([]) != nil)
  }

  @Test func onlyWhatKeepsSomethingCanBeCut() throws {
    let model = try Golden("llama-gqa").model
    for units in Self.kinds {
      let space = try Self.space(model, units)
      var random = SplitMix64(seed: 29)
      var tried = [0, 0]
      for round in 0..<40 {
        let share = Double(round) / 40
        let kept = (0..<space.count).map { _ in Double.random(in: 0..<1, using: &random) >= share }
        let cut = try? model.removing(space.gates(kept, units, of: model))
        #expect(space.canBeCut(kept) == (cut != nil))
        tried[cut == nil ? 0 : 1] += 1
      }
      #expect(tried[1] > 0)
      #expect(!space.canBeCut(space.all.map { _ in false }))
    }
  }

  @Test func unitsThatGoTogetherAreRefused() throws {
    let model = try Golden("llama-heads").model
    var channels = MLPChannel()
    channels.multiple = 4
    #expect(throws: BudgetError.self) { try Self.space(model, [channels], .units(8)) }
    var heads = AttentionHead()
    heads.headGranularity = .queryHead
    #expect(throws: BudgetError.self) {
      try Self.space(try Golden("llama-gqa").model, [heads], .units(4))
    }
  }
}
