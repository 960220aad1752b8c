package import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What a run found: what was measured, scored, removed, saved, and what should be known about it.
package struct Report: Sendable, Equatable {
  /// A measured model.
  package struct Row: Sendable, Equatable {
    /// The branches that it was measured in, from the outermost.
    package var branches: [Branch] = []
    /// What was done to it, for example `- 6 blocks by ppl`; `as opened` for nothing.
    package var state: String
    /// The same without how much of it: `blocks by ppl`; nil in older reports.
    package var method: String?
    /// What tells it from the run's other models, of which more than one may be called the same; nil in
    /// older reports.
    package var model: String?
    /// Its real number of parameters.
    package var parameters: Int
    /// Its parameters without those that masks hold at zero; nil for a model without masks.
    package var nonZero: Int?
    /// The bytes of its weights in the types they are stored in.
    package var bytes: Int
    /// The shapes of its blocks; nil in reports of the first format.
    package var shape: ModelShapeSummary?
    /// How many weights of each block masks hold at zero; none for a model without masks.
    package var sparsity: [BlockSparsity] = []
    /// What was measured.
    package var metrics: [Metric]
    /// What it made of prompts.
    package var samples: [TextSample] = []
    /// How long measuring took.
    package var seconds: Double

    /// The branches, and what was done.
    package var label: String { (branches.map(\.label) + [state]).joined(separator: ", ") }
  }

  /// The weights of a block that masks hold at zero.
  package struct BlockSparsity: Sendable, Equatable {
    /// The block's number in the model as it was opened.
    package let block: Int
    /// The number of weights of its projections.
    package let weights: Int
    /// How many of them are held at zero.
    package let zeros: Int
  }

  /// The spectrum of a projection, as an allocation measured it.
  package struct MeasuredSpectrum: Sendable, Equatable {
    /// The block's number in the model as it was opened.
    package let block: Int
    /// Which projection of the block it is.
    package let role: String
    /// The number of eigenvalues of its Gram matrix above 0.
    package let count: Int
    /// Some of them at equal distances in rank, from the largest to the smallest.
    package let eigenvalues: [Double]

    /// The most eigenvalues that are listed.
    static let mostListed = 33

    /// A spectrum in at most `mostListed` of its eigenvalues, which are in ascending order.
    init(block: Int, role: String, of ascending: [Double]) {
      let listed = min(ascending.count, Self.mostListed)
      let last = ascending.count - 1
      self.init(
        block: block,
        role: role,
        count: ascending.count,
        eigenvalues: (0..<listed).map { index in
          ascending[last - index * last / max(1, listed - 1)]
        }
      )
    }

    init(block: Int, role: String, count: Int, eigenvalues: [Double]) {
      self.block = block
      self.role = role
      self.count = count
      self.eigenvalues = eigenvalues
    }
  }

  /// What an allocation measured: how much goes of each block, beside the others.
  package struct Shares: Sendable, Equatable {
    /// The branches that it was measured in, from the outermost.
    package let branches: [Branch]
    /// The allocation with its settings.
    package let allocation: String
    /// The share of each block of the model as it was opened; of matrices, the mean of a block's.
    package let values: [Double]
  }

  /// The scores of the units of one kind.
  package struct Scored: Sendable, Equatable {
    /// The branches that they were scored in, from the outermost.
    package var branches: [Branch]
    /// The kind of the units.
    package var unit: String
    /// The criterion with its settings.
    package var criterion: String
    /// What the numbers mean.
    package var scale: ScoreScale
    /// The numbers of the units over the opened model; none where there are too many to list.
    package var units: [Int]
    /// The score of each unit: the higher, the more important; none where there are too many.
    package var values: [Double]
    /// The number of units.
    package var count: Int
    /// The number of units of this kind in each block of the model as it was opened; none in older
    /// reports.
    package var layout: [Int] = []
    /// The mean of the finite scores in each block of the model as it was opened; nil for none.
    package var means: [Double?] = []
    /// The loss of the whole model on the same data, in nats a token; nil where it is not known.
    package var whole: Double?
    /// The scores of neighbours that go together; nil where units are chosen one by one.
    package var spans: SpanScores?
    /// The file in the run's folder that has all of them.
    package var file: String
    /// Whether a `score` asked for them, and not only a removal.
    package var isAskedFor: Bool

    /// The most units that a report lists.
    static let mostListed = 4096

    /// A score as it is shown: a loss as perplexity.
    package func shown(_ value: Double) -> Double { scale == .loss ? exp(value) : value }
  }

  /// A removal with what it was decided by.
  package struct Removal: Sendable, Equatable {
    /// The branches that it was done in, from the outermost.
    package var branches: [Branch]
    /// The criterion with its settings; nil where nothing was scored.
    package var criterion: String?
    /// How much was asked for.
    package var amount: String
    /// What was kept.
    package var keep: String
    /// The numbers of the units that went, over the opened model, by their kind.
    package var removed: [String: [Int]]
    /// The number of units in each block of the model as it was opened, by their kind; none in older
    /// reports.
    package var layouts: [String: [Int]] = [:]
    /// The parameters that are left.
    package var parameters: Int
    /// How many `scores` the report had by then; nil in older reports.
    package var scored: Int?
  }

  /// A directory that was written.
  package struct Saved: Sendable, Equatable {
    /// The branches that it was written in, from the outermost.
    package var branches: [Branch] = []
    /// Its path.
    package var path: String
  }

  /// Something that the user should know, and that is no error.
  package struct Note: Sendable, Equatable {
    /// The branches that it is about, from the outermost.
    package var branches: [Branch] = []
    /// The stage that it came from; nil for what was known before the run.
    package var stage: String?
    /// What should be known.
    package var text: String

    /// A note of what was known before the run.
    package init(_ text: String) { self.text = text }

    init(_ branches: [Branch], stage: String?, _ text: String) {
      self.branches = branches
      self.stage = stage
      self.text = text
    }
  }

  /// A training, and what it came to.
  package struct Training: Sendable, Equatable {
    /// The branches that it belongs to, from the outermost.
    package let branches: [Branch]
    /// What was done to the model before.
    package let state: String
    /// The name of the recovery.
    package let recovery: String
    /// Its losses.
    package let outcome: TrainingOutcome

    init(branches: [Branch], of state: String, recovery: String, outcome: TrainingOutcome) {
      self.branches = branches
      self.state = state
      self.recovery = recovery
      self.outcome = outcome
    }
  }

  /// A search, and what it came to.
  package struct Searched: Sendable, Equatable {
    /// The branches that it belongs to, from the outermost.
    package let branches: [Branch]
    /// The search with its settings.
    package let search: String
    /// How much was asked for.
    package let amount: String
    /// Its losses.
    package let outcome: SearchOutcome
  }

  /// What the run was started with; nil in older reports.
  package internal(set) var run: RunDescription?
  /// The measured models, in order.
  package internal(set) var rows: [Row] = []
  /// The scores, in order.
  package internal(set) var scores: [Scored] = []
  /// The removals, in order.
  package internal(set) var removals: [Removal] = []
  /// What allocations measured, in order.
  package internal(set) var shares: [Shares] = []
  /// The spectra of projections, where an allocation measured them.
  package internal(set) var spectra: [MeasuredSpectrum] = []
  /// The searches, in order.
  package internal(set) var searches: [Searched] = []
  /// The trainings, in order.
  package internal(set) var trainings: [Training] = []
  /// The directories that were written.
  package internal(set) var saved: [Saved] = []
  /// What should be known.
  package internal(set) var notes: [Note] = []
  /// The branches that failed, with what went wrong.
  package internal(set) var failures: [StepError] = []

  /// An empty report.
  init() {}

  /// Adds a row, unless the same was measured of that model in that branch before.
  mutating func add(_ row: Row) {
    let isKnown = rows.contains { other in
      other.branches == row.branches && other.state == row.state && other.holds(row)
    }
    if !isKnown { rows.append(row) }
  }
}
