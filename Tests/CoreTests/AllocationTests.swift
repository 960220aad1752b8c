import BillhookModels
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookFiles
@testable import BillhookPlugins
import Testing
import TestSupport

/// Where a budget falls, by scores that are easy to follow.
@Suite struct AllocationTests {
  /// Four blocks with two KV groups of two query heads, and 56 channels.
  let model: LanguageModel

  init() throws { model = try Golden("llama-gqa").model }

  private func scores(
    _ unit: any PruningUnit,
    _ value: (PrunableUnit) -> Double
  ) throws -> Scores {
    let blocks = unit.units(of: model)
    return try Scores(
      criterion: "test",
      scale: .plain,
      blocks: blocks,
      values: blocks.flatMap(\.all).map(value)
    )
  }

  private func removed(
    _ amount: Amount,
    _ allocation: any Allocation,
    _ scores: [Scores],
    _ units: [any PruningUnit],
    keep: Keep = Keep()
  ) throws -> [Int: [Int]] {
    let selection = try Budget(
      amount,
      keep: keep,
      allocation: allocation,
      units: units,
      model: model,
      opened: model
    )
    .selection(from: scores)
    // What was selected can be cut.
    _ = try model.removing(selection.gates(units, of: model))
    return Dictionary(grouping: selection.removed, by: \.block).mapValues {
      $0.map(\.place).sorted()
    }
  }

  private func number(_ text: String) throws -> Number { try #require(Number(text)) }

  @Test func uniformTakesTheSameFromEveryBlock() throws {
    // In block b, channel c has the score (c · 5 + b) mod 56: all different.
    let scores = try scores(MLPChannel()) { Double(($0.place * 5 + $0.block) % 56) }
    let found = try removed(.percentOfUnits(try number("10")), Uniform(), [scores], [MLPChannel()])
    // 22 of 224 channels are 5.5 a block: halves go up.
    #expect(found.values.map(\.count) == [6, 6, 6, 6])
    let lowest = (0..<56).filter { (place: Int) -> Bool in place * 5 % 56 < 6 }
    #expect(found[0] == lowest)
  }

  @Test func keptBlocksLoseNothingAndTheOthersMore() throws {
    let scores = try scores(MLPChannel()) { Double($0.place) }
    let found = try removed(
      .percentOfUnits(try number("25")),
      Uniform(),
      [scores],
      [MLPChannel()],
      keep: Keep(first: 1, last: 1)
    )
    #expect(found == [1: Array(0..<28), 2: Array(0..<28)])
  }

  @Test func globalRanksTheWholeModelAndLeavesOneInEachBlock() throws {
    let scores = try scores(MLPChannel()) { Double($0.number) }
    let found = try removed(.units(60), Global(), [scores], [MLPChannel()])
    #expect(found == [0: Array(0..<55), 1: Array(0..<5)])
  }

  @Test func standardisedScoresOfBlocksAreComparable() throws {
    // The same order and shape in each block, on scales that differ a thousandfold.
    let scores = try scores(MLPChannel()) { unit in
      [1, 1000, 0.01, 5][unit.block] * Double(unit.place) + Double(unit.block)
    }
    var global = Global()
    global.normalise = .standard
    let found = try removed(.units(8), global, [scores], [MLPChannel()])
    #expect(found == [0: [0, 1], 1: [0, 1], 2: [0, 1], 3: [0, 1]])
    global.normalise = .max
    #expect(
      try removed(.units(8), global, [scores], [MLPChannel()]) != found
    )
  }

  @Test func weightsShareTheBudget() throws {
    let scores = try scores(MLPChannel()) { Double($0.place) }
    var allocation = PerBlock()
    allocation.weights = .list([0, 1, 2, 1])
    let found = try removed(.units(56), allocation, [scores], [MLPChannel()])
    #expect(found == [1: Array(0..<14), 2: Array(0..<28), 3: Array(0..<14)])
    // The same from a file.
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("0\n1\n 2\n1\n".utf8), to: "\(folder)/weights.txt")
      allocation.weights = .file(InputFile("\(folder)/weights.txt"))
      #expect(try removed(.units(56), allocation, [scores], [MLPChannel()]) == found)
    }
  }

  @Test func widthsAreMultiples() throws {
    var unit = MLPChannel()
    unit.multiple = 16
    let scores = try scores(unit) { Double($0.place) }
    // From 56 to 48 is the first step, to 32 the second, to 16 the last.
    for (units, left) in [(31, 56 - 8), (33, 56 - 8), (90, 32), (140, 16), (160, 16)] {
      let found = try removed(.units(units), Uniform(), [scores], [unit])
      #expect(found.values.allSatisfy { $0.count == 56 - left }, "\(units)")
    }
    #expect(throws: BudgetError.self) {
      try removed(.units(161), Uniform(), [scores], [unit])
    }
  }

  @Test func everyGroupLosesEquallyManyQueryHeads() throws {
    var unit = AttentionHead()
    unit.headGranularity = .queryHead
    // The two least important heads of each block lie in one group.
    let scores = try scores(unit) { Double($0.place) }
    #expect(
      try removed(.units(8), Uniform(), [scores], [unit])
        == [0: [0, 2], 1: [0, 2], 2: [0, 2], 3: [0, 2]]
    )
    #expect(try removed(.units(2), Global(), [scores], [unit]) == [0: [0, 2]])
    #expect(throws: BudgetError.self) { try removed(.exactly([0, 1]), Global(), [scores], [unit]) }
    #expect(try removed(.exactly([0, 3]), Global(), [scores], [unit]) == [0: [0, 3]])
  }

  @Test func severalKindsShareOneBudget() throws {
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    let scores = try units.map { unit in try self.scores(unit) { Double($0.place) } }
    // A group is 12 · 32 · 6 = 2304 parameters, a channel 96.
    let goal = Double(model.parameterCount) * 0.3
    let share = Amount.percentOfParameters(try number("30"))
    func cost(_ allocation: any Allocation) throws -> Double {
      let budget = try Budget(
        share,
        keep: Keep(),
        allocation: allocation,
        units: units,
        model: model,
        opened: model
      )
      let selection = try budget.selection(from: scores)
      let cut = try model.removing(selection.gates(units, of: model))
      #expect(model.parameterCount - cut.parameterCount == selection.parameterCount)
      return Double(selection.parameterCount)
    }
    #expect(try abs(cost(Global()) - goal) <= 2304 / 2)
    // A move takes a unit of each block.
    #expect(try abs(cost(Uniform()) - goal) <= 4 * 2304 / 2)
  }

  @Test func aShareThatComesToNothingIsRefused() throws {
    let scores = try scores(MLPChannel()) { Double($0.place) }
    let error = #expect(throws: BudgetError.self) {
      try removed(.percentOfUnits(try number("0.5")), Uniform(), [scores], [MLPChannel()])
    }
    #expect(error?.description.contains("4 of 224 units (1.8 %") == true)
    #expect(try removed(.units(0), Uniform(), [scores], [MLPChannel()]).isEmpty)
  }

  /// Heads and channels each lose their share.
  @Test func severalKindsLoseTheirShareEach() throws {
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    let scores = try units.map { unit in try self.scores(unit) { Double($0.place) } }
    func gone(_ share: String) throws -> [Int] {
      let selection = try Budget(
        .percentOfUnits(try number(share)),
        keep: Keep(),
        allocation: Uniform(),
        units: units,
        model: model,
        opened: model
      )
      .selection(from: scores)
      return units.map { unit in selection.removed.count { $0.granularity == unit.granularity } }
    }
    // Of eight groups, a quarter are two: nearer to one of each block than to none.
    #expect(try gone("25") == [4, 56])
    #expect(try gone("50") == [4, 112])
    let error = #expect(throws: BudgetError.self) { try gone("18") }
    #expect(
      error?.description.contains("for attention_head: `allocate uniform` takes at least 4 of 8")
        == true,
      "\(error as Any)"
    )
    #expect(throws: BudgetError.self) { try gone("75") }
  }

  /// Where the next heads would be too much, channels make up a budget of parameters; what is too much
  /// is half a move of heads at most.
  @Test func aBudgetOfParametersIsFilled() throws {
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    let scores = try units.map { unit in try self.scores(unit) { Double($0.place) } }
    // A channel of each block is 4 · 96 parameters.
    for share in 3..<30 {
      let goal = Double(model.parameterCount) * Double(share) / 100
      let budget = try Budget(
        .percentOfParameters(try number("\(share)")),
        keep: Keep(),
        allocation: Uniform(),
        units: units,
        model: model,
        opened: model
      )
      let selection = try budget.selection(from: scores)
      let more = Double(selection.parameterCount) - goal
      #expect(more >= -4 * 96 / 2 && more <= 4 * 2304 / 2, "\(share) %")
      let hasHeads = selection.removed.contains { $0.granularity == .heads }
      let reasons = budget.reasons(for: selection.removed)
      #expect(reasons.isEmpty == hasHeads, "\(share) %")
      #expect(hasHeads || reasons[0].hasPrefix("no attention_head goes: `allocate uniform` takes"))
    }
  }

  @Test func whatWeightsDoNotLeaveIsRefused() throws {
    let scores = try scores(MLPChannel()) { Double($0.place) }
    var allocation = PerBlock()
    allocation.weights = .list([0, 1, 0, 1])
    let all = try removed(.units(110), allocation, [scores], [MLPChannel()])
    #expect(all.values.map(\.count) == [55, 55])
    for amount in [Amount.units(111), .percentOfUnits(try number("50")), .downToUnits(100)] {
      let error = #expect(throws: BudgetError.self) {
        try removed(amount, allocation, [scores], [MLPChannel()])
      }
      #expect(
        error?.description.hasSuffix("`allocate per_block` leaves only 110 that may go") == true,
        "\(error as Any)"
      )
    }
    let error = #expect(throws: BudgetError.self) {
      try removed(.percentOfParameters(try number("40")), allocation, [scores], [MLPChannel()])
    }
    #expect(error?.description.contains("leaves only \(110 * 96) that may go") == true)
    let kept = #expect(throws: BudgetError.self) {
      try removed(.units(5), allocation, [scores], [MLPChannel()], keep: Keep(numbers: [1, 3]))
    }
    #expect(kept?.description.contains("every block in which some may go has the share 0") == true)
  }

  /// A weight that asks for more of a block than may go is said.
  @Test func sharesBeyondABlockAreSaid() throws {
    func remarks(_ weights: [Double], _ count: Int) throws -> [String] {
      var allocation = PerBlock()
      allocation.weights = .list(weights)
      let budget = try Budget(
        .units(count),
        keep: Keep(),
        allocation: allocation,
        units: [MLPChannel()],
        model: model,
        opened: model
      )
      return try budget.remarks(on: budget.anySelection())
    }
    #expect(try remarks([1, 1, 1, 1], 200).isEmpty)
    #expect(try remarks([1, 1, 4, 1], 55).isEmpty)
    #expect(try remarks([1, 1, 4, 1], 95).isEmpty)
    let said = try remarks([1, 1, 4, 1], 130)
    #expect(said.count == 1)
    #expect(said[0].contains("of block 2, of which 55 of 56 units may go"), "\(said)")
    #expect(try remarks([1, 9, 9, 1], 150)[0].contains("and more than may go of 1 other block"))
  }

  @Test func neighboursGoTogether() throws {
    let rows = [[0.3, 0.9, 1.0, 2], [0.1, 0.4, 1.5], [0.5, 0.2], [0.6]]
    let blocks = Block().units(of: model)
    let scores = try Scores(
      criterion: "test",
      scale: .plain,
      blocks: blocks,
      values: rows.map { $0[0] },
      spans: SpanScores(rows, of: blocks.flatMap(\.all), by: "test")
    )
    func gone(_ count: Int, _ keep: Keep = Keep()) throws -> [Int] {
      try removed(.units(count), Global(), [scores], [Block()], keep: keep).keys.sorted()
    }
    #expect(try gone(1) == [1])
    #expect(try gone(2) == [2, 3])
    #expect(try gone(2, Keep(last: 1)) == [1, 2])
    #expect(try gone(3) == [0, 1, 2])
    #expect(throws: BudgetError.self) { try gone(2, Keep(numbers: [1, 2])) }
  }

  /// Units of a model that was pruned before keep their numbers.
  @Test func numbersStay() throws {
    let once = try MLPChannel().cutting(
      [MLPChannel().units(of: model)[1].unit(3), MLPChannel().units(of: model)[1].unit(0)],
      from: model
    )
    let left = MLPChannel().units(of: once)
    #expect(left[1].places == [1, 2] + Array(4..<56))
    #expect(left[1].unit(2).number == 56 + 4)
    #expect(left[2].unit(0).number == 112)
    let heads = AttentionHead()
    let narrow = try heads.cutting([heads.units(of: model)[2].unit(0)], from: model)
    #expect(heads.units(of: narrow)[2].all.map(\.number) == [5])
    #expect(heads.units(of: narrow)[2].removableCount == 0)
    let blockless = try Block().cutting([Block().units(of: model)[0].unit(0)], from: narrow)
    #expect(heads.units(of: blockless).map(\.start) == [2, 4, 6])
  }
}
