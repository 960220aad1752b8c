import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Synchronization
import Testing
import TestSupport
@testable import BillhookRecipe

/// Evolution: candidates that meet the amount, and what becomes of them.
@Suite struct EvolutionTests {
  private static let model = Result { try Golden("llama-gqa").model }

  private static func task(_ units: [any PruningUnit], _ amount: Amount) throws -> SearchTask {
    let model = try model.get()
    let budget = try Budget(
      amount,
      keep: Keep(first: 1),
      allocation: Global(),
      units: units,
      model: model,
      opened: model
    )
    let space = try SearchSpace(budget, of: model)
    let scores = (0..<space.count).map { Double(($0 * 37) % 101) }
    let start = try #require(space.fitted(space.all, by: scores))
    return SearchTask(space: space, scores: scores, start: start, windows: 9)
  }

  private static let tasks: [(String, [any PruningUnit], Amount)] = {
    let tenth = Amount.percentOfParameters(Number(lexed: "10"))
    let third = Amount.percentOfParameters(Number(lexed: "33"))
    return [
      ("widths", [AttentionHead(), MLPChannel()], tenth),
      ("all", [Block(), AttentionHead(), MLPChannel()], third),
      ("channels", [MLPChannel()], .units(40)),
      ("blocks", [Block()], .units(2)),
      ("sub-layers", [AttentionSublayer(), MLPSublayer()], third),
      ("sub-layers and widths", [MLPSublayer(), AttentionHead(), MLPChannel()], third),
      ("blocks and heads", [Block(), AttentionHead()], third),
    ]
  }()

  /// A fitness that no model gives: some units are worth more than others.
  private static func loss(_ kept: [Bool]) -> Double {
    var sum = 1.0
    for (unit, stays) in kept.enumerated() where !stays { sum += Double((unit * 29) % 53) }
    return sum
  }

  private static func small() -> Evolution {
    var evolution = Evolution()
    (evolution.generations, evolution.population, evolution.parents) = (6, 20, 5)
    (evolution.mutations, evolution.crossovers) = (10, 6)
    (evolution.heads, evolution.channels, evolution.blocks) = ([0, 1], [0.2, 1], [0.5, 1])
    return evolution
  }

  @Test(arguments: tasks.map(\.0))
  func candidatesMeetTheAmountAndTheBestStays(name: String) throws {
    let (_, units, amount) = try #require(Self.tasks.first { $0.0 == name })
    let task = try Self.task(units, amount)
    let evolution = Self.small()
    try evolution.validate(for: task.space)
    let course = try EvolutionCourse(evolution, task)
    var (best, count) = (Double.infinity, 0)
    var first: [[Bool]] = []
    for step in 0..<course.stepCount {
      let seed = RandomSeed(0).derived("step \(step)")
      let proposals = try course.proposals(ofStep: step, seed)
      #expect(proposals.candidates.count <= evolution.population)
      #expect(proposals.candidates.allSatisfy { task.space.fault($0) == nil })
      #expect(Set(proposals.candidates).count == proposals.candidates.count)
      if step == 0 { first = proposals.candidates }
      count += proposals.candidates.count
      try course.learn(proposals.candidates.map(Self.loss), of: proposals, ofStep: step)
      let now = try Self.loss(course.answer())
      #expect(now <= best)
      best = now
    }
    #expect(first.first == task.start)
    #expect(best <= Self.loss(task.start))
    #expect(task.space.fault(try course.answer()) == nil)
    // There are few choices of blocks and sub-layers, and many of everything else.
    #expect(task.space.count < 20 || count > 60, "\(count)")
    #expect(task.space.count < 20 || best < Self.loss(task.start))
  }

  /// With other numbers of units or without, at least the overlap stays.
  @Test func mutantsKeepTheOverlap() throws {
    let task = try Self.task([MLPChannel()], .units(60))
    for overlap in [0.5, 0.8, 0.95] {
      var evolution = Self.small()
      evolution.overlap = overlap
      let breeding = Breeding(evolution, task)
      let draws = try RandomDraws(RandomSeed(1))
      var exchanged = 0
      for _ in 0..<60 {
        guard let mutant = try breeding.mutant(of: task.start, .first, draws) else { continue }
        #expect(mutant.count { !$0 } == 60)
        for range in task.space.ranges {
          let (old, new) = (range.filter { task.start[$0] }, range.filter { mutant[$0] })
          let common = Set(old).intersection(new).count
          let fewer = min(old.count, new.count)
          #expect(Double(common) >= min(overlap * Double(fewer), Double(fewer - 1)) - 1e-9)
          if common < min(old.count, new.count) { exchanged += 1 }
        }
      }
      #expect(exchanged > 20)
    }
  }

  /// Of two units that stay, 20 % are less than one, and one of them may go nevertheless.
  @Test func fewUnitsAreExchangedToo() throws {
    let task = try Self.task([Block()], .units(2))
    var evolution = Self.small()
    (evolution.overlap, evolution.depthProbability) = (0.8, 1)
    func mutants() throws -> Set<[Bool]> {
      let breeding = Breeding(evolution, task)
      let draws = try RandomDraws(RandomSeed(1))
      return Set(
        try (0..<40).compactMap { _ in try breeding.mutant(of: task.start, .first, draws) }
      )
    }
    let others = try mutants().subtracting([task.start])
    #expect(others.count > 1)
    #expect(others.allSatisfy { $0.count { $0 } == task.start.count { $0 } })
    evolution.overlap = 1
    #expect(try mutants().isSubset(of: [task.start]))
  }

  /// As many blocks stay as the range lets, and the rest of the amount comes from inside of blocks.
  @Test func rangesHold() throws {
    let task = try Self.task(Self.tasks[1].1, Self.tasks[1].2)
    var evolution = Self.small()
    (evolution.blocks, evolution.channels) = ([0.75, 1], [0.5, 1])
    let course = try EvolutionCourse(evolution, task)
    let space = task.space
    var depths: Set<Int> = []
    for step in 0..<8 {
      let proposals = try course.proposals(ofStep: step, RandomSeed(step))
      for kept in proposals.candidates.dropFirst() {
        let gone = space.gone(kept).count { $0.granularity == .block }
        depths.insert(gone)
        for (index, units) in space.blocks.enumerated() where units.granularity == .channels {
          guard !space.isCovered(index, kept) else { continue }
          #expect(space.keptCount(index, kept) >= 28)
        }
      }
      try course.learn(proposals.candidates.map(Self.loss), of: proposals, ofStep: step)
    }
    #expect(depths == [0, 1])
  }

  @Test func amountsOutOfReachAreRefused() throws {
    let task = try Self.task(Self.tasks[0].1, Self.tasks[0].2)
    var evolution = Evolution()
    (evolution.heads, evolution.channels) = ([0.99, 1], [0.99, 1])
    #expect(throws: BudgetError.self) { try evolution.validate(for: task.space) }
    let channels = try Self.task([MLPChannel()], .units(100))
    evolution.channels = [0.9, 1]
    #expect(throws: BudgetError.self) { try evolution.validate(for: channels.space) }
    evolution.channels = [0.1, 1]
    try evolution.validate(for: channels.space)
  }

  /// A sub-layer takes what is inside of it and nothing else: all MLPs and half of the heads can go.
  @Test func whatCanGoIsKnown() throws {
    let model = try Self.model.get()
    func size(_ unit: any PruningUnit) -> Int {
      unit.units(of: model).dropFirst().reduce(0) { $0 + $1.count * $1.parameterCount }
    }
    let gone = size(MLPSublayer()) + size(AttentionHead()) / 2
    let share = 100 * Double(gone) / Double(model.parameterCount)
    let amount = Amount.percentOfParameters(Number(lexed: "\(share)"))
    let space = try Self.task([MLPSublayer(), AttentionHead(), MLPChannel()], amount).space
    var evolution = Self.small()
    (evolution.heads, evolution.channels, evolution.blocks) = ([0, 1], [1, 1], [0, 1])
    try evolution.validate(for: space)
    evolution.heads = [1, 1]
    #expect(throws: BudgetError.self) { try evolution.validate(for: space) }
    (evolution.heads, evolution.blocks) = ([0, 1], [0.5, 1])
    #expect(throws: BudgetError.self) { try evolution.validate(for: space) }
  }

  @Test func settingsAreChecked() throws {
    var evolution = Evolution()
    try evolution.validate()
    evolution.mutations = 90
    #expect(throws: ParameterProblem.self) { try evolution.validate() }
    for range in [[0.5], [0.8, 0.2], [-1, 1], [0, 2]] {
      var other = Evolution()
      other.heads = range
      #expect(throws: ParameterProblem.self) { try other.validate() }
    }
  }
}

/// Searches that are stopped go on to the same bytes.
@Suite struct SearchResumeTests {
  private static func search(_ name: String) -> any Search {
    if name == "evolution" {
      var evolution = Evolution()
      (evolution.generations, evolution.population, evolution.parents) = (3, 5, 2)
      (evolution.mutations, evolution.crossovers, evolution.samples) = (2, 1, 3)
      return evolution
    }
    var gradient = PolicyGradient()
    (gradient.steps, gradient.batch, gradient.learningRate) = (5, 2, 0.2)
    return gradient
  }

  @Test(arguments: ["evolution", "policy_gradient"])
  func stoppedAnywhereItGoesOnToTheSameBits(name: String) throws {
    let golden = try Golden("llama-gqa")
    let units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
    let budget = try Budget(
      .percentOfUnits(Number(lexed: "25")),
      keep: Keep(),
      allocation: Uniform(),
      units: units,
      model: golden.model,
      opened: golden.model
    )
    let space = try SearchSpace(budget, of: golden.model)
    let scores = (0..<space.count).map { Double(($0 * 37) % 101) }
    let task = SearchTask(
      space: space,
      scores: scores,
      start: try #require(space.fitted(space.all, by: scores)),
      windows: golden.tokens.windows.count
    )
    try Fixture.withFolder { folder in
      let polls = Mutex(0)
      func run(_ place: String, stoppingAfter limit: Int?) throws -> (SearchRun.Result, [UInt8]) {
        polls.withLock { $0 = 0 }
        let context = RunContext(
          scratch: folder,
          isCancelled: {
            polls.withLock { polls in
              polls += 1
              return limit.map { polls > $0 } ?? false
            }
          }
        )
        let log = FileSystem.unusedPath("\(folder)/log", extension: "jsonl")
        let found = try SearchRun(
          Self.search(name),
          task,
          units,
          of: golden.model,
          context,
          in: PassFolder("\(folder)/\(place)", interval: .zero),
          log: log
        )
        .run(on: golden.tokens)
        return (found, try FileSystem.read(log))
      }
      let (whole, log) = try run("whole", stoppingAfter: nil)
      let count = polls.withLock { $0 }
      #expect(count > 60)
      #expect(whole.outcome.answer <= whole.outcome.start || whole.outcome.isVain)
      for limit in stride(from: 0, to: count, by: max(1, count / 12)) {
        let place = "stopped \(limit)"
        #expect(throws: Cancelled.self) { try run(place, stoppingAfter: limit) }
        // Stopped twice.
        _ = try? run(place, stoppingAfter: count / 5)
        let (found, lines) = try run(place, stoppingAfter: nil)
        #expect(found.kept == whole.kept && found.outcome == whole.outcome, "after \(limit)")
        #expect(lines == log, "after \(limit)")
      }
    }
  }
}
