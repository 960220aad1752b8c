import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// What was found in the braces of a `prune`.
struct PruneClauses {
  typealias FoundCriterion = (criterion: any Criterion, data: String?, plus: Bool)

  /// The clauses that are there, including misspelt and misplaced ones.
  var meant: Set<String> = []
  var criterionClause: Statement?
  var criterion: FoundCriterion?
  var amountClause: Statement?
  var amount: Amount?
  /// Whether the amount is a list of units, right or wrong, so that nothing has to score them.
  var namesUnits = false
  var keepClause: Statement?
  /// The `keep` with the highest number of a block, else the first.
  var keepSpan: SourceSpan?
  var allocateClause: Statement?
  var allocation: (any Allocation)?
  /// The key of the data that the allocation measures; nil where it measures nothing.
  var allocationData: String?
  var searchClause: Statement?
  var search: SearchStep?
  var refinements: [(clause: Statement, refiner: any Refiner, data: String?)] = []
  var repairs: [(clause: Statement, step: RepairStep)] = []
  var rescoringClause: Statement?
  /// The number of removed units after which the others are scored again; nil for never.
  var rescoring: Int?
  var gradualClause: Statement?
  /// When units go in a training; nil where they go at once.
  var schedule: PruningSchedule?
  var recoverClause: Statement?
  /// What trains the model while units go.
  var training: RecoverStep?
  /// Whether units are to go in a training, right or wrong, so that it scores them.
  var isInTraining = false
  /// What is kept; nil without `keep`, or for `keep none`.
  var rule: Keep?

  /// What is kept, with the `+` of a criterion unless `keep none` switches it off.
  func keep(plus: Bool) -> Keep {
    guard plus, keepClause == nil || rule != nil else { return rule ?? Keep() }
    return (rule ?? Keep()).adding(.plus)
  }
}
