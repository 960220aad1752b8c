import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// `score UNIT [on DATA] { by … }`, with one step for each criterion.
  mutating func scores(_ statement: Statement) -> [ScoreStep] {
    let units = units(of: statement)
    let data = dataUse(statement, after: units)
    var steps: [ScoreStep] = []
    var isScored = false
    for clause in statement.body?.clauses ?? [] {
      guard clause.keyword.text == "by" else {
        let problem = RecipeProblem.unknownClause(clause.keyword.text, of: "score", known: ["by"])
        isScored = isScored || !problem.isElsewhere
        report(problem, at: clause.keyword.span)
        continue
      }
      isScored = true
      guard let found = criterion(clause, data: data), let units else { continue }
      checkThatItFits(found.criterion, units, at: clause)
      checkThatItNeedsNoTraining(found.criterion, at: clause)
      for unit in units {
        steps.append(
          ScoreStep(unit: unit, criterion: found.criterion, data: found.data, span: clause.span)
        )
      }
    }
    if !isScored {
      report(.missingClause("a criterion: `by NAME`", of: "score"), at: statement.keyword.span)
    }
    return steps
  }
}
