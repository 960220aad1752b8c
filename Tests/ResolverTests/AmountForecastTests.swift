import BillhookModels
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookPipeline
@testable import BillhookPlugins
import TestSupport
import Testing

/// What is said of an amount before scoring is what a removal comes to, whatever the scores are, at once
/// or in rounds.
@Suite struct AmountForecastTests {
  /// Four blocks with two KV groups of two query heads, and 56 channels; and the same with blocks
  /// that differ.
  static let models: [LanguageModel] = {
    guard let model = try? Golden("llama-gqa").model else { return [] }
    let (heads, channels) = (AttentionHead().units(of: model), MLPChannel().units(of: model))
    let uneven = try? MLPChannel().cutting(
      (0..<17).map(channels[1].unit) + (0..<40).map(channels[3].unit),
      from: AttentionHead().cutting([heads[2].unit(0)], from: model)
    )
    return [model] + (uneven.map { [$0] } ?? [])
  }()

  private struct Case: CustomStringConvertible {
    let step: PruneStep
    let model: LanguageModel
    var description: String {
      let rounds = step.rescoring.map { ", rescore every \($0)" } ?? ""
      let units = step.units.map(\.signature).joined(separator: " and ")
      return "\(units): \(step.amount), \(step.keep), \(step.allocation.signature)\(rounds)"
    }
  }

  private static func number(_ text: String) throws -> Number { try #require(Number(text)) }

  private static func random(_ random: inout SplitMix64) throws -> Case {
    var queryHead = AttentionHead()
    queryHead.headGranularity = .queryHead
    var multiples = MLPChannel()
    multiples.multiple = 8
    let kinds: [[any PruningUnit]] = [
      [Block()], [AttentionHead()], [queryHead], [MLPChannel()], [multiples],
      [AttentionSublayer(), MLPSublayer()], [AttentionHead(), MLPChannel()],
      [queryHead, multiples], [AttentionSublayer(), MLPChannel()],
    ]
    let units = kinds[Int.random(in: 0..<kinds.count, using: &random)]
    var allocations: [any Allocation] = [Global()]
    if units.allSatisfy({ [.heads, .channels].contains($0.granularity) }) {
      var perBlock = PerBlock()
      perBlock.weights = .list((0..<4).map { _ in Double(Int.random(in: 0...4, using: &random)) })
      allocations += [Uniform(), Uniform(), perBlock]
    }
    let allocation = allocations[Int.random(in: 0..<allocations.count, using: &random)]
    let share = try number("\(Int.random(in: 1...70, using: &random))")
    var amounts: [Amount] = [
      .percentOfParameters(share),
      .downToParameters(try number("\(Int.random(in: 20...75, using: &random))"), unit: "K"),
    ]
    var load = CacheLoad(context: Int.random(in: 0...32, using: &random))
    load.batch = Int.random(in: 1...4, using: &random)
    let size = try number("\(Int.random(in: 50...400, using: &random))")
    amounts += [.percentOfMemory(share, load), .downToMemory(size, unit: "KB", load)]
    if units.count == 1 { amounts.append(.units(Int.random(in: 0...60, using: &random))) }
    if units.count == 1 || allocation is any ProportionalAllocation {
      amounts.append(.percentOfUnits(share))
    }
    let rounds = [nil, 1, 5, 1000][Int.random(in: 0..<4, using: &random)]
    let step = PruneStep(
      units: units,
      scorings: units.map {
        ScoreStep(unit: $0, criterion: Magnitude(), data: nil, span: SourceSpan(start: 0, end: 0))
      },
      amount: amounts[Int.random(in: 0..<amounts.count, using: &random)],
      keep: Bool.random(using: &random) ? Keep() : Keep(first: 1),
      allocation: allocation,
      repairs: [],
      rescoring: rounds,
      amountSpan: SourceSpan(start: 0, end: 0),
      span: SourceSpan(start: 0, end: 0)
    )
    return Case(step: step, model: models[Int.random(in: 0..<models.count, using: &random)])
  }

  /// Removes units by random scores, in rounds where the step says so.
  private static func removed(_ it: Case, _ random: inout SplitMix64) throws -> PruningRounds {
    var rounds = try PruningRounds(it.step, of: ModelState(model: it.model), opened: models[0])
    while !rounds.isOver {
      let scores = try it.step.units.map { unit in
        let blocks = unit.units(of: rounds.state.model)
        return try Scores(
          criterion: "test",
          scale: .plain,
          blocks: blocks,
          values: blocks.flatMap(\.all).map { _ in Double.random(in: 0..<1, using: &random) }
        )
      }
      let chosen = try rounds.selection(from: scores)
      try rounds.end(with: rounds.cut(chosen, by: scores), chosen)
    }
    return rounds
  }

  @Test func whatIsSaidIsWhatGoes() throws {
    #expect(Self.models.count == 2)
    var random = SplitMix64(seed: 11)
    var (exact, ranges, refused, bounds) = (0, 0, 0, 0)
    for _ in 0..<600 {
      let it = try Self.random(&random)
      var course = PruningCourse(Self.models[0])
      course.goOn(with: it.model)
      let removal: PruningCourse.Removal?
      do {
        removal = try course.follow(it.step)
      } catch {
        // What is refused beforehand is refused by the run.
        refused += 1
        #expect(throws: (any Error).self, "\(it)") { try Self.removed(it, &random) }
        continue
      }
      let known = try #require(removal)
      let rounds: PruningRounds
      do {
        rounds = try Self.removed(it, &random)
      } catch {
        // By some scores a bound needs all blocks, by others not.
        #expect("\(error)".contains("a model without any block"), "\(it): \(error)")
        continue
      }
      let gone = it.model.parameterCount - rounds.state.model.parameterCount
      let count = rounds.removedByKind.reduce(0) { $0 + $1.numbers.count }
      switch known.prospect {
      case .exact(let selection):
        exact += 1
        #expect(gone == selection.parameterCount && count == selection.removed.count, "\(it)")
      case .between(let units, let parameters):
        ranges += 1
        #expect(units.contains(count) && parameters.contains(gone), "\(it): \(count), \(gone)")
      }
      if let load = it.step.amount.cacheLoad {
        let left = try load.memory(of: rounds.state.model).bytes
        #expect(left <= known.budget.mostBytes ?? 0, "\(it): \(left)")
        bounds += 1
      }
      let nothing = Selection(removed: [], ends: [])
      #expect(rounds.reach(with: nothing)?.isMissed == false, "\(it)")
    }
    #expect(
      exact > 100 && ranges > 50 && refused > 50 && bounds > 50,
      "\(exact), \(ranges), \(refused), \(bounds)"
    )
  }

  /// Rounds of a proportional allocation take from each block what one round takes.
  @Test(arguments: [1, 7, 40, 1000])
  func roundsLeaveTheSameShapes(every count: Int) throws {
    var random = SplitMix64(seed: 5)
    for amount in ["12", "20", "33"] {
      func shape(_ rescoring: Int?) throws -> ModelShapeSummary {
        let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
        let step = PruneStep(
          units: units,
          scorings: [],
          amount: .percentOfParameters(try Self.number(amount)),
          keep: Keep(),
          allocation: Uniform(),
          repairs: [],
          rescoring: rescoring,
          amountSpan: SourceSpan(start: 0, end: 0),
          span: SourceSpan(start: 0, end: 0)
        )
        let it = Case(step: step, model: Self.models[0])
        return ModelShapeSummary(try Self.removed(it, &random).state.model)
      }
      #expect(try shape(count) == shape(nil))
    }
  }

  /// Neighbours go together by their number, so blocks that differ may miss a share of parameters;
  /// that is said.
  @Test func aMissedAmountIsSaid() throws {
    let units = Block().units(of: Self.models[1])
    let budget = try Budget(
      .percentOfParameters(try Self.number("20")),
      keep: Keep(),
      allocation: Global(),
      units: [Block()],
      model: Self.models[1],
      opened: Self.models[0]
    )
    let dearest = units.map(\.parameterCount).max() ?? 0
    let few = try #require(budget.reach(of: [units[0].unit(0)]))
    #expect(few.text.hasPrefix("asked "))
    #expect(few.text.hasSuffix(", reached \(units[0].parameterCount)"))
    #expect(!few.isMissed)
    let all = try #require(budget.reach(of: units.flatMap(\.all)))
    #expect(all.isMissed, "\(all.text), by more than \(dearest)")
  }
}
