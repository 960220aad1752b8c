import BillhookCore

/// Searches that each break one promise.
enum BrokenSearches {
  /// Tries choices that differ from step to step, and answers with the best.
  private final class Course: SearchCourse {
    let stepCount = 2
    private let task: SearchTask
    private let times: Int
    private let remembers: Bool
    private let keepsAll: Bool
    private let isShort: Bool
    private var best: [Bool]
    private var loss = Double.infinity

    init(
      _ task: SearchTask,
      times: Int = 1,
      remembers: Bool = true,
      keepsAll: Bool = false,
      isShort: Bool = false
    ) {
      self.task = task
      self.times = times
      self.remembers = remembers
      self.keepsAll = keepsAll
      self.isShort = isShort
      best = task.start
    }

    var comparison: [Int] { Array(0..<task.windows) }

    func proposals(ofStep step: Int, _ seed: RandomSeed) throws -> SearchProposals {
      let values = task.scores.indices.map { Double(($0 * 31 + step * 17) % 29) }
      let kept = isShort && step == 1 ? [true] : task.space.fitted(task.space.all, by: values)
      return SearchProposals(
        Array(repeating: kept ?? task.start, count: times),
        on: comparison
      )
    }

    func learn(_ losses: [Double], of proposals: SearchProposals, ofStep step: Int) throws {
      // The first step is always the best.
      for (kept, loss) in zip(proposals.candidates, losses)
      where loss * Double(step + 1) < self.loss {
        (best, self.loss) = (kept, loss * Double(step + 1))
      }
    }

    func state() throws -> [String: Tensor] {
      guard remembers else { return [:] }
      return ["best": try Tensor(best.map { $0 ? 1 : 0 }), "loss": try Tensor([loss])]
    }

    func restore(_ state: [String: Tensor]) throws {
      guard let best = state["best"], let loss = state["loss"] else { return }
      self.best = try best.integers().map { $0 == 1 }
      self.loss = try loss.scalar()
    }

    func answer() throws -> [Bool] { keepsAll ? task.space.all : best }
  }

  private static let work = SearchWork(steps: 2, candidates: 1, windows: nil)

  /// Removes nothing in the end.
  struct Nothing: Search {
    static let name = "nothing"
    static let summary = "Removes nothing in the end."
    let seed = 0
    func work(in space: SearchSpace, windows: Int?) -> SearchWork { BrokenSearches.work }
    func course(of task: SearchTask) -> any SearchCourse { Course(task, keepsAll: true) }
  }

  /// Evaluates more than it says.
  struct Untiring: Search {
    static let name = "untiring"
    static let summary = "Evaluates more than it says."
    let seed = 0
    func work(in space: SearchSpace, windows: Int?) -> SearchWork { BrokenSearches.work }
    func course(of task: SearchTask) -> any SearchCourse { Course(task, times: 3) }
  }

  /// Does not write down what it knows.
  struct Forgetful: Search {
    static let name = "forgetful"
    static let summary = "Does not write down what it knows."
    let seed = 0
    func work(in space: SearchSpace, windows: Int?) -> SearchWork { BrokenSearches.work }
    func course(of task: SearchTask) -> any SearchCourse { Course(task, remembers: false) }
  }

  /// Names too few units in a candidate.
  struct Short: Search {
    static let name = "short"
    static let summary = "Names too few units in a candidate."
    let seed = 0
    func work(in space: SearchSpace, windows: Int?) -> SearchWork { BrokenSearches.work }
    func course(of task: SearchTask) -> any SearchCourse { Course(task, isShort: true) }
  }
}
