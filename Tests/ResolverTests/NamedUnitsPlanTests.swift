import BillhookPipeline
import Testing

/// Only units that are named go without a criterion.
@Suite struct NamedUnitsPlanTests {
  @Test func everythingElseNeedsACriterion() throws {
    for amount in ["remove 3", "remove 20%", "down to 3", "remove 20% of parameters"] {
      let found = try Resolution("model \"m\"\nprune block { \(amount) }")
      #expect(found.codes == ["E0203"], "\(amount)")
    }
    let plan = try Resolution.plan("let gone = [1..2]\nmodel \"m\"\nprune block { remove $gone }")
    guard let step = plan.steps.first as? PruneStep else {
      Issue.record("no step")
      return
    }
    #expect(step.scorings.isEmpty && step.criterion == nil && step.data == nil)
    #expect(try Resolution("model \"m\"\nprune block { remove [x] }").codes == ["E0202"])
    #expect(
      try Resolution("model \"m\"\nprune [attention_head, mlp_channel] { remove [1] }").codes
        == ["E0209"]
    )
  }
}
