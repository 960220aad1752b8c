import BillhookCore

/// Learns with which probability each unit stays, by policy gradients: forward passes only.
///
/// Source: Gao et al., Bypass Back-propagation, 2024, arXiv 2406.10576, section 3.
struct PolicyGradient: Search {
  static let name = "policy_gradient"
  static let summary = "How likely each unit stays, learned from the losses of random choices."

  static let reference: Reference? = Reference(
    formula: """
      m ~ Bernoulli(s), K times a step; L: the loss with m on the step's batch
      b = (1 - 1/T) · b + mean(L) / T, at first b = mean(L)
      s = s - rate · Σ (L - b) · (m - s) / √((s + ε)(1 - s + ε)) / (K - 1)
      of each kind: s = clip(s - v, 0, 1) where Σ clip(s, 0, 1) > r · n,
      v such that Σ s = r · n

      s: the probability that a unit stays; at the end the highest stay
      r: the part that stays; n: the number of units of the kind; ε = 1e-7
      T = window; rate: cosine from `learning_rate` to 0
      """,
    papers: [.bypassBackPropagation.part("section 3")],
    differences: [
      "The unbiased score is (m - s) / (s(1 - s)); the authors' code divides by the square root. "
        + "`gradient = preconditioned` is the code, `gradient = unbiased` the formula.",
      "The code's baseline takes in the losses of a step before they are compared with it, and so "
        + "does this one: with `gradient = unbiased` the mean of a step is the true gradient times "
        + "(K - 1/T) / (K - 1), in the first step the true gradient.",
      "The code stops the bisection for v after 20 halvings, or within 1e-3. Here Newton's "
        + "steps then find it to the last digits.",
      "The code keeps all units above a threshold, so that a block may lose all of them. Here one "
        + "of each block stays, and exactly as many stay as were asked for.",
      "The code measures what `wanda_sp` looks at block by block, after earlier blocks are masked, and takes "
        + "the sigmoid and its shift in each block by itself. Here the scores are those of the criterion, all "
        + "measured before anything goes, and the sigmoid is over all units of a kind.",
      "The code can also start from two probabilities, one for what stays by the scores and one for what "
        + "goes; from scores scaled to lie between their least and their greatest; from random "
        + "numbers; and from files of LLM-Pruner and of its own. These are not offered; "
        + "`start = constant` is not in the code.",
      "The code leaves out losses that are NaN, and divides by K - 1 all the same. Here infinite ones are "
        + "left out as well, K counts those that are left, and a step with a single one changes "
        + "nothing but the baseline.",
      "The optional penalty of the code, off in its scripts, is left out.",
      "If the answer is worse than what scores alone remove, on up to 64 windows, that goes instead.",
    ]
  )

  /// What a loss is multiplied with for each unit.
  enum Gradient: String, Choice {
    /// (m − s) / √((s + ε)(1 − s + ε)), as the authors' code has it.
    case preconditioned
    /// (m − s) / (s(1 − s)), whose mean is the gradient of the expected loss.
    case unbiased
  }

  /// What the probabilities are at first.
  enum Start: String, Choice {
    /// A sigmoid of scores in standard deviations, shifted so that the mean is the part that stays.
    case sigmoid
    /// The part that stays, for each unit.
    case constant
  }

  /// The number of steps; nil for each batch of the data once.
  var steps: Int?
  /// The number of windows in a step.
  var batch = 8
  /// The number of masks in a step.
  var draws = 2
  /// The number of steps that the baseline is a moving mean of.
  var window = 5
  /// The rate of the first step; it falls to 0 with a cosine.
  var learningRate = 2e-3
  var gradient = Gradient.preconditioned
  var start = Start.sigmoid
  var seed = 0

  static let parameters = [
    Parameter<PolicyGradient>(
      "steps",
      \.steps,
      in: 1...10_000_000,
      help: "the number of steps; by default each batch of the data once"
    ),
    Parameter("batch", \.batch, in: 1...1_000_000, help: "the number of windows in a step"),
    Parameter("draws", \.draws, in: 2...1000, help: "the number of random masks in a step"),
    Parameter(
      "window",
      \.window,
      in: 1...1_000_000,
      help: "how many steps the baseline of losses looks back, about"
    ),
    Parameter(
      "learning_rate",
      \.learningRate,
      in: 0...1000,
      help: "the rate of the first step; it falls to 0 with a cosine"
    ),
    Parameter(
      "gradient",
      \.gradient,
      help: "as the authors' code has it, or such that its mean is the true gradient"
    ),
    Parameter(
      "start",
      \.start,
      help: "the probabilities at first: by scores, or alike"
    ),
    Parameter("seed", \.seed, in: 0..., help: "the seed of random numbers"),
  ]

  func work(in space: SearchSpace, windows: Int?) -> SearchWork {
    SearchWork(
      steps: steps ?? windows.map { max(1, $0 / batch) },
      candidates: draws,
      windows: windows.map { min(batch, $0) } ?? batch
    )
  }

  func validate(for space: SearchSpace) throws(BudgetError) {
    if case .size = space.goal {
      throw BudgetError(
        "each kind of units has a budget of its own; write `remove 20%` for a part of each, or a "
          + "number of one kind"
      )
    }
    guard space.fitted(space.all, by: [Double](repeating: 0, count: space.count)) == nil else {
      return
    }
    throw BudgetError("no choice of units meets the amount")
  }

  func course(of task: SearchTask) throws -> any SearchCourse {
    PolicyGradientCourse(self, task)
  }
}
