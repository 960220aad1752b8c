import BillhookModels
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookPlugins
import Testing
import TestSupport

/// What amounts mean, on a model of 16 equal blocks.
@Suite struct BudgetTests {
  let model: LanguageModel
  let scores: Scores

  init() throws {
    let golden = try Golden("llama-sharded")
    model = golden.model
    let scoring = Scoring(model, [Block()], .testing())
    let ppl = RemovalPerplexity()
    scores = try scoring.scored(by: ppl, on: golden.tokens)
  }

  private func removed(_ amount: Amount, keep: Keep = Keep()) throws -> [Int] {
    try budget(amount, keep: keep).selection(from: [scores]).numbers
  }

  private func budget(
    _ amount: Amount,
    keep: Keep = Keep(),
    of smaller: LanguageModel? = nil
  ) throws -> Budget {
    try Budget(
      amount,
      keep: keep,
      allocation: Global(),
      units: [Block()],
      model: smaller ?? model,
      opened: model
    )
  }

  @Test func theLeastImportantGoFirst() throws {
    let order = scores.leastImportantFirst.map(\.number)
    #expect(Set(order) == Set(0..<16))
    let values = order.map { scores.values[$0] }
    #expect(values == values.sorted())
    #expect(try removed(.units(5)) == order.prefix(5).sorted())
  }

  @Test(arguments: [("0", 0), ("3.125", 1), ("25", 4), ("34.375", 6), ("34.37", 5)])
  func percentagesRoundHalvesUp(percent: String, count: Int) throws {
    #expect(try removed(.percentOfUnits(try number(percent))).count == count)
  }

  @Test(arguments: ["3", "0.001", "3.12"])
  func aShareOfNothingIsRefused(percent: String) throws {
    let error = #expect(throws: BudgetError.self) {
      try removed(.percentOfUnits(try number(percent)))
    }
    #expect(
      error?.description.contains("takes at least 1 of 16 units (6.3 %, ") == true,
      "\(error as Any)"
    )
    #expect(throws: BudgetError.self) { try removed(.percentOfParameters(try number("0.1"))) }
    #expect(try removed(.units(0)).isEmpty)
  }

  /// A size that is reached to within half a unit is no mistake, but is said.
  @Test func aSizeThatIsThereIsSaid() throws {
    let budget = try budget(.downToParameters(try number("\(model.parameterCount - 9)"), unit: ""))
    let selection = try budget.anySelection()
    #expect(selection.removed.isEmpty)
    let remarks = try budget.remarks(on: selection)
    #expect(remarks.count == 1 && remarks[0].contains("removes nothing: 9 parameters are to go"))
  }

  @Test func downToLeavesSoMany() throws {
    #expect(try removed(.downToUnits(11)).count == 5)
    #expect(throws: BudgetError.self) { try removed(.downToUnits(17)) }
  }

  @Test func parametersAreMetToWithinOneUnit() throws {
    let block = model.configuration.parameterCount(of: model.blocks[0])
    let total = model.parameterCount
    #expect(
      try removed(.percentOfParameters(try number("25"))).count == (total / 4 + block / 2) / block
    )
    let left = total - 3 * block
    #expect(try removed(.downToParameters(try number("\(left)"), unit: "")).count == 3)
    #expect(try removed(.downToParameters(try number("\(left + block / 2)"), unit: "")).count == 3)
    #expect(
      try removed(.downToParameters(try number("\(left + block / 2 + 1)"), unit: "")).count == 2
    )
    let thousands = "\(Double(left) / 1000)"
    #expect(try removed(.downToParameters(try number(thousands), unit: "K")).count == 3)
    #expect(throws: BudgetError.self) {
      try removed(.downToParameters(try number("\(total + 1)"), unit: ""))
    }
  }

  @Test func whatNothingWorksWithoutStays() throws {
    var values = scores.values
    let least = try #require(scores.leastImportantFirst.first).number
    values[least] = .infinity
    let infinite = try Scores(
      criterion: "test",
      scale: .loss,
      blocks: scores.blocks,
      values: values
    )
    func removed(_ amount: Amount) throws -> [Int] {
      try budget(amount).selection(from: [infinite]).numbers
    }
    #expect(try !removed(.units(14)).contains(least))
    #expect(try removed(.exactly([least])) == [least])
    let all = Keep(numbers: Set(0..<16).subtracting([least, (least + 1) % 16]))
    let error = #expect(throws: BudgetError.self) {
      try budget(.units(2), keep: all).selection(from: [infinite])
    }
    #expect(error?.description.contains("only 1 of 2") == true)
  }

  @Test func exactlyTheseGo() throws {
    #expect(try removed(.exactly([3, 9])) == [3, 9])
    #expect(throws: BudgetError.self) { try removed(.exactly([16])) }
    #expect(throws: BudgetError.self) {
      try removed(.exactly([3]), keep: Keep(numbers: [3]))
    }
  }

  @Test func keptBlocksNeverGo() throws {
    let keep = Keep(first: 4, last: 2, numbers: [8])
    #expect(try removed(.units(9), keep: keep) == [4, 5, 6, 7, 9, 10, 11, 12, 13])
    let error = #expect(throws: BudgetError.self) { try removed(.units(10), keep: keep) }
    #expect(error?.description.contains("10 of 16") == true)
    #expect(error?.description.contains("leaves only 9") == true)
    #expect(throws: BudgetError.self) {
      try removed(.percentOfParameters(try number("90")), keep: keep)
    }
    #expect(throws: BudgetError.self) { try removed(.units(16)) }
  }

  @Test func numbersMeanTheModelAsItWasOpened() throws {
    let smaller = try model.removingBlocks([0, 1, 5])
    func budget(_ amount: Amount, _ keep: Keep) throws -> Budget {
      try self.budget(amount, keep: keep, of: smaller)
    }
    // `first 4` are the blocks 0 to 3 of the opened model, of which 2 and 3 are left.
    #expect(
      try budget(.units(1), Keep(first: 4)).blocks.map(\.block) == [4] + Array(6..<16)
    )
    #expect(
      try budget(.percentOfUnits(try number("25")), Keep()).selection(from: [scores]).removed.count
        == 4
    )
    #expect(throws: BudgetError.self) { try budget(.exactly([5]), Keep()) }
    #expect(try budget(.downToUnits(10), Keep()).blocks.count == 13)
  }

  private func number(_ text: String) throws -> Number {
    try #require(Number(text))
  }
}
