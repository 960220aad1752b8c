import BillhookCore

/// The share of questions whose right answer a model finds most likely, as lm-eval 0.4.13 measures it.
///
/// `acc` compares log-likelihoods of answers, `acc_norm` those divided by the number of characters of the
/// answer. Of equal ones the first counts.
struct Accuracy: Evaluation {
  static let name = "accuracy"
  static let summary = "The share of questions whose right answer is the most likely one."
  static let dataForm = DataForm.choices

  static let reference: Reference? = Reference(
    formula: """
      acc      = share of questions with argmax_a L_a = right answer
      acc_norm = share of questions with argmax_a L_a / n_a = right answer
      ±          √(Σ_g Σ_i (r_i - mean_g)² / (n - groups) / n)

      L_a: log-likelihood of answer a after its context, summed over its tokens
      n_a: its number of characters, without the space before it
      r_i: 1 where question i of group g is right, else 0;  n: questions
      Of equal answers the first counts.
      """,
    papers: [.evaluationHarness],
    differences: [
      "Texts, tokens and choices are those of lm-eval 0.4.13; sums are in f64, there in f32.",
      "lm-eval before 0.4.9.2 puts no token before a text: `bos = none` of the data. For Gemma it always "
        + "put one there: `bos = first`.",
    ]
  )

  /// Which groups of questions are reported by themselves.
  enum Groups: String, Choice {
    /// The largest ones.
    case outer
    /// All.
    case all
  }

  static let namedParameters: Set = ["groups"]
  static let parameters = [
    Parameter<Accuracy>(
      "groups",
      \.groups,
      help: "groups of questions that are measured apart, as in mmlu: `outer` are the large ones"
    )
  ]

  /// The groups that are reported; nil for none.
  var groups: Groups?

  var direction: MetricDirection { .higher }

  /// The accuracy over all questions, and over those of each group that is reported.
  ///
  /// - Throws: `DataError` for data without questions.
  func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    guard !tokens.questions.isEmpty else {
      throw DataError("accuracy is measured on questions, as `data … = task` gives them")
    }
    let losses = try Traversal(model, context).losses(ofEach: tokens)
    let results = tokens.questions.compactMap { AnsweredQuestion($0, losses) }
    return metrics(of: results, "", tokens.note)
      + reported(results).flatMap { group in
        metrics(of: results.filter { $0.groups.contains(group) }, " \(group)", tokens.note)
      }
  }

  private func reported(_ results: [AnsweredQuestion]) -> [String] {
    var seen: Set<String> = []
    func names(_ depth: Int) -> [String] {
      results.compactMap { $0.groups.dropFirst(depth).first }.filter { seen.insert($0).inserted }
    }
    let depth = results.map(\.groups.count).max() ?? 0
    return switch groups {
    case nil: []
    case .outer: names(0)
    case .all: (0..<depth).flatMap(names)
    }
  }

  private func metrics(
    of results: [AnsweredQuestion],
    _ group: String,
    _ note: String
  ) -> [Metric] {
    let note = group.isEmpty ? note : "\(counted(results.count, "question")) of \(note)"
    func metric(_ name: String, _ isRight: (AnsweredQuestion) -> Bool) -> Metric {
      let sets = Dictionary(grouping: results) { $0.groups.last ?? "" }
        .mapValues { $0.map(isRight) }
      return Metric(
        name: name + group,
        value: Double(results.count(where: isRight)) / Double(results.count),
        error: Self.standardError(of: Array(sets.values)),
        protocolNote: note
      )
    }
    let isNormalised = results.allSatisfy { $0.normalisedChoice != nil }
    return [metric("acc") { $0.choice == $0.gold }]
      + (isNormalised ? [metric("acc_norm") { $0.normalisedChoice == $0.gold }] : [])
  }

  /// The standard error of the mean over some sets of questions: the sample variances inside the sets,
  /// weighted by their degrees of freedom, over the number of questions.
  ///
  /// Source: lm-eval 0.4.13, `mean_stderr` and `pooled_sample_stderr`. Nil where no set has two.
  static func standardError(of sets: [[Bool]]) -> Double? {
    let count = sets.reduce(0) { $0 + $1.count }
    let freedom = count - sets.count
    guard freedom > 0 else { return nil }
    let squares = sets.map { set in
      let right = Double(set.count { $0 })
      return right * (1 - right / Double(set.count))
    }
    // In the order of size, because the order of a dictionary changes from run to run.
    let sum = squares.sorted().reduce(0, +)
    return (sum / Double(freedom) / Double(count)).squareRoot()
  }
}

/// A question, and which answer a model finds most likely.
struct AnsweredQuestion {
  let groups: [String]
  let gold: Int
  /// The most likely answer.
  let choice: Int
  /// The most likely answer for its length; nil where lengths do not count.
  let normalisedChoice: Int?
  /// The log-likelihood of each answer, in nats.
  let logLikelihoods: [Double]

  /// Compares the answers of a question by the losses of all windows; nil for one that is written.
  init?(_ question: TokenQuestion, _ losses: [TokenLoss]) {
    guard case .choice(let windows, let lengths, let gold) = question.form else { return nil }
    let likelihoods = losses[windows].map { -$0.sum }
    groups = question.groups
    self.gold = gold
    logLikelihoods = likelihoods
    choice = Self.firstLargest(likelihoods)
    normalisedChoice = lengths.map { lengths in
      Self.firstLargest(zip(likelihoods, lengths).map { $0 / Double($1) })
    }
  }

  private static func firstLargest(_ values: [Double]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }
}
