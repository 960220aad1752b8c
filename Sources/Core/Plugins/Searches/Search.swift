public import BillhookTorch

/// Searches which units go, where a criterion alone would read it off its ranking.
///
/// A search only says which candidates are tried next. Their losses come from forward passes with the
/// units switched off, several candidates together, and no candidate costs a copy of the weights.
public protocol Search: Plugin {
  /// The units that it can search; those that are cut out, by default all.
  var granularities: Set<UnitGranularity> { get }

  /// Whether it can search kinds of units together that have parameters in common, such as blocks and
  /// the channels inside of them; false by default.
  var searchesOverlappingUnits: Bool { get }

  /// The seed of its random numbers.
  var seed: Int { get }

  /// How much it evaluates at most, which is known before anything is.
  ///
  /// - Parameters:
  ///   - space: What is searched.
  ///   - windows: The number of windows of its data; nil as long as that is not known.
  /// - Returns: Its steps, with the candidates and the windows of each.
  func work(in space: SearchSpace, windows: Int?) -> SearchWork

  /// Checks what is known before anything is scored: that there can be candidates at all.
  ///
  /// - Throws: `BudgetError` where none meets the amount.
  func validate(for space: SearchSpace) throws(BudgetError)

  /// Begins a search.
  ///
  /// - Throws: Anything; the run ends with it, and names the search.
  func course(of task: SearchTask) throws -> any SearchCourse
}

extension Search {
  /// Searches are named after `search`.
  public static var kind: PluginKind { .search }

  /// All units that are cut out; not single weights.
  public var granularities: Set<UnitGranularity> {
    Set(UnitGranularity.allCases).subtracting([.weight])
  }

  /// Each kind has its own parameters.
  public var searchesOverlappingUnits: Bool { false }

  /// Some units meet the amount.
  public func validate(for space: SearchSpace) throws(BudgetError) {
    guard space.fitted(space.all, by: space.evenly) == nil else { return }
    throw BudgetError("no choice of units meets the amount")
  }
}

/// A search under way: steps of candidates, from whose losses it learns.
///
/// The life of a course: for each step `proposals`, then `learn`; after the last one `answer`. Between
/// two steps its `state` may be written to a file, and later restored into a course that was just begun;
/// then it does what it would have done.
public protocol SearchCourse: AnyObject {
  /// The number of steps.
  var stepCount: Int { get }

  /// The windows of the data, by their numbers, on which the answer is compared with the start.
  var comparison: [Int] { get }

  /// The candidates of a step; the same ones whenever it is asked in the same state.
  ///
  /// - Parameters:
  ///   - step: The number of the step, from 0.
  ///   - seed: The step's own seed, for everything that is drawn at random in it.
  /// - Returns: The candidates, and what they are tried on; none where there is nothing to try.
  /// - Throws: Anything; the run ends with it, and names the search.
  func proposals(ofStep step: Int, _ seed: RandomSeed) throws -> SearchProposals

  /// Takes the losses of a step's candidates.
  ///
  /// - Parameters:
  ///   - losses: The mean loss of a token for each candidate, in nats; NaN where a model gave no number.
  ///   - proposals: The candidates, as `proposals` gave them.
  ///   - step: The number of the step.
  /// - Throws: Anything; the run ends with it, and names the search.
  func learn(_ losses: [Double], of proposals: SearchProposals, ofStep step: Int) throws

  /// Everything that it remembers from one step to the next, by names of its choice.
  func state() throws -> [String: Tensor]

  /// Goes back to a state that `state` gave.
  func restore(_ state: [String: Tensor]) throws

  /// Which units stay: true = keep, for each unit of the space; it meets the amount.
  func answer() throws -> [Bool]
}

/// What a search is given.
public struct SearchTask: Sendable {
  /// The units, and how many have to go.
  public let space: SearchSpace
  /// The score of each unit, in their order: the higher, the more important.
  public let scores: [Double]
  /// What goes without a search, by the scores alone: true = keep, for each unit.
  public let start: [Bool]
  /// The number of windows of the data.
  public let windows: Int

  /// Describes a task.
  public init(space: SearchSpace, scores: [Double], start: [Bool], windows: Int) {
    self.space = space
    self.scores = scores
    self.start = start
    self.windows = windows
  }
}

/// The candidates of one step of a search.
public struct SearchProposals: Sendable {
  /// The candidates: true = keep, for each unit of the space.
  ///
  /// What is tried need not meet the amount.
  public let candidates: [[Bool]]
  /// The windows of the data that they are tried on, by their numbers.
  public let windows: [Int]

  /// Proposes candidates.
  public init(_ candidates: [[Bool]], on windows: [Int]) {
    self.candidates = candidates
    self.windows = windows
  }
}

/// How much a search evaluates at most.
public struct SearchWork: Sendable, Equatable {
  /// The number of steps; nil where only the data tells.
  public let steps: Int?
  /// The most candidates of a step.
  public let candidates: Int
  /// The windows that each is tried on; nil for all of the data.
  public let windows: Int?

  /// Tells how much there is to do.
  public init(steps: Int?, candidates: Int, windows: Int?) {
    self.steps = steps
    self.candidates = candidates
    self.windows = windows
  }
}
