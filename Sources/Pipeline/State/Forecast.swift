package import BillhookCore

/// What a plan has to compute, step by step, as far as the results of earlier runs tell.
///
/// It uses the keys and the rounds that a run uses, so what it calls done is what the run will
/// find.
package struct Forecast: Sendable, Equatable {
  /// What is known of a step.
  package enum Outlook: Sendable, Equatable {
    /// An earlier run did all of it.
    case doneBefore
    /// Nothing is left to do once the steps above are done.
    case doneAbove
    /// Some of it is not computed yet.
    case ahead
    /// It depends on scores that nobody computed yet.
    case open
  }

  /// A step of the plan.
  package struct Entry: Sendable, Equatable {
    /// Whether it is done.
    package let outlook: Outlook
    /// The stages that take time and are not done, by the names that progress gives them; where
    /// that is not known, those that may be left.
    package let stages: [String]
    /// What a removal comes to; nil where the scores are not known.
    package var outcome: Outcome?
    /// How what goes is divided, where that was measured by an earlier run.
    package var shares: AllocatedShares?
    /// What the user should know before the step begins, such as that a training begins anew.
    package var note: String?

    package init(outlook: Outlook, stages: [String] = []) {
      self.outlook = outlook
      self.stages = stages
    }

    /// An earlier run did all of it.
    static let doneBefore = Entry(outlook: .doneBefore)

    /// The units that a removal of one kind takes away; nil where the scores are not known.
    package var removed: [Int]? {
      outcome.flatMap { $0.removed.count == 1 ? $0.removed[0].numbers : nil }
    }
  }

  /// What a removal comes to.
  package struct Outcome: Sendable, Equatable {
    /// The units that go, kind by kind.
    package let removed: [RemovedUnits]
    /// The model without them.
    package let model: LanguageModel
    /// What was asked for and what is reached; nil where the units are named.
    let reach: Budget.Reach?

    /// Without the same units it is the same model.
    package static func == (one: Outcome, other: Outcome) -> Bool { one.removed == other.removed }
  }

  /// Units of one kind that go.
  package struct RemovedUnits: Sendable, Equatable {
    /// The name of the kind.
    package let kind: String
    /// Their numbers in the model as it was opened, sorted.
    package let numbers: [Int]
  }

  /// The steps in the order in which they are run, those in branches included.
  package let entries: [Entry]

  /// The steps of which nothing is left to do.
  package var doneCount: Int { entries.count { $0.outlook == .doneBefore } }

  /// A forecast that is known already.
  package init(entries: [Entry]) { self.entries = entries }
}
