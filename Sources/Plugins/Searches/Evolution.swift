import BillhookCore

/// Searches by evolution: mutations and crossovers of the best choices so far.
///
/// Source: Shen et al., Search for Efficient Large Language Models, 2024, arXiv 2409.17372,
/// section 3.3 and algorithm 1.
struct Evolution: Search {
  static let name = "evolution"
  static let summary = "Which units go, by mutations and crossovers of the best choices so far."

  static let reference: Reference? = Reference(
    formula: """
      first generation: mutants of what scores alone remove
      later: mutants and crossovers of the best, and new mutants of the start
      fitness = mean loss on a few windows; the lower, the better

      mutation of a block's heads or channels, with kept set S of size k:
      k' from the range of shares, with the probability of ratios
      S' of size k' with |S' ∩ S| ≥ overlap · min(k, k'), with that of masks
      mutation of depth: another number of blocks, or other blocks
      crossover: each block's heads and channels from one of two parents
      """,
    papers: [.searchForEfficientLLMs.part("section 3.3, algorithm 1")],
    differences: [
      "The paper starts from the same share of each block's matrices, by w² over the diagonal of the "
        + "inverse of 2·XᵀX (`by obs { settled = nothing }`). Here the start is what any criterion would "
        + "remove without a search; where blocks or sub-layers are searched together with heads or channels, "
        + "it is the same share of each block's heads and channels.",
      "The paper drops candidates outside of the window of parameters. Here a candidate is brought "
        + "into it first: the least important units go, or the most important come back, in blocks "
        + "that are drawn; what cannot be brought there is dropped. Either way it is not evaluated "
        + "outside.",
      "The paper draws sets until one overlaps enough, which for small shares is hardly ever so, and "
        + "keeps a wrong size where none does. Here at most (1 - overlap) · |kept| units are "
        + "exchanged, or one where that is less than one, and a change of size follows the scores.",
      "The paper searches channels inside of heads, which would part rotary pairs. Here whole heads "
        + "go, or whole KV groups.",
      "The authors' code searches contiguous slices of channels in steps of 512, with other "
        + "probabilities (ratios .2, masks .4) and a population of 500. Here it is as in the paper.",
      "At 70 % of the parameters the paper lets attention go down to a share of .3, and at 60 % only "
        + "to .6. Both are as published; the ranges can be set.",
      "Fitness is the mean loss, whose order is that of perplexity.",
    ]
  )

  /// The number of generations, with the first.
  var generations = 50
  /// The candidates of a generation.
  var population = 100
  /// The best candidates so far, from which later ones are made.
  var parents = 10
  /// The mutants of parents in each generation but the first.
  var mutations = 50
  /// The crossovers of parents in each generation but the first.
  var crossovers = 30
  /// The probability that a block's number of heads or channels changes.
  var ratioProbability = 0.1
  /// The probability that other heads or channels of a block go.
  var maskProbability = 0.3
  /// The probability that another number of blocks goes, or others.
  var depthProbability = 0.1
  /// The probability of `ratio` in the first generation and in new mutants of the start.
  var firstRatioProbability = 0.3
  /// The probability of `mask` in the first generation and in new mutants of the start.
  var firstMaskProbability = 0.6
  /// The part of a set that stays in a mutant at least.
  var overlap = 0.8
  /// The number of windows that candidates are compared on; nil for all.
  var samples: Int? = 5
  /// The least and the most of a block's heads that stay; nil for the paper's.
  var heads: [Double]?
  /// The least and the most of a block's channels that stay; nil for the paper's.
  var channels: [Double]?
  /// The least and the most of the blocks that stay; nil for the paper's.
  var blocks: [Double]?
  var seed = 0

  static let parameters = [
    Parameter<Evolution>(
      "generations",
      \.generations,
      in: 1...1_000_000,
      help: "how many generations there are, with the first"
    ),
    Parameter("population", \.population, in: 2...100_000, help: "the candidates of a generation"),
    Parameter(
      "parents",
      \.parents,
      in: 1...100_000,
      help: "the best candidates so far, from which later ones are made"
    ),
    Parameter(
      "mutations",
      \.mutations,
      in: 0...100_000,
      help: "mutants of parents in a generation"
    ),
    Parameter(
      "crossovers",
      \.crossovers,
      in: 0...100_000,
      help: "crossovers of parents in a generation"
    ),
    Parameter(
      "ratio_probability",
      \.ratioProbability,
      in: 0...1,
      help: "how likely a block loses another number of heads or channels"
    ),
    Parameter(
      "mask_probability",
      \.maskProbability,
      in: 0...1,
      help: "how likely a block loses other heads or channels"
    ),
    Parameter(
      "depth_probability",
      \.depthProbability,
      in: 0...1,
      help: "how likely other blocks go, or more, or fewer"
    ),
    Parameter(
      "first_ratio_probability",
      \.firstRatioProbability,
      in: 0...1,
      help: "`ratio_probability` in the first generation, and in new mutants of the start"
    ),
    Parameter(
      "first_mask_probability",
      \.firstMaskProbability,
      in: 0...1,
      help: "`mask_probability` in the first generation, and in new mutants of the start"
    ),
    Parameter(
      "overlap",
      \.overlap,
      in: 0...1,
      help: "the part of the units of a block that stay, or of all blocks, which a mutant keeps at "
        + "least; below 1 one of them may always go"
    ),
    Parameter(
      "samples",
      \.samples,
      in: 1...1_000_000,
      help: "the number of windows that candidates are compared on, drawn once"
    ),
    Parameter(
      "heads",
      \.heads,
      help: "the least and the most of a block's heads that stay, as parts of 1; by default as the "
        + "paper has it for the amount"
    ),
    Parameter("channels", \.channels, help: "the same of a block's channels"),
    Parameter("blocks", \.blocks, help: "the same of all blocks"),
    Parameter("seed", \.seed, in: 0..., help: "the seed of random numbers"),
  ]

  var searchesOverlappingUnits: Bool { true }

  func validate() throws(ParameterProblem) {
    guard mutations + crossovers <= population else {
      throw ParameterProblem(
        "population",
        "expected at least mutations + crossovers = \(mutations + crossovers), found \(population)"
      )
    }
    for (name, range) in [("heads", heads), ("channels", channels), ("blocks", blocks)] {
      guard let range else { continue }
      guard range.count == 2, 0...1 ~= range[0], range[0]...1 ~= range[1] else {
        throw ParameterProblem(
          name,
          "expected two numbers from 0 to 1, the smaller one first, found \(range.literalText)"
        )
      }
    }
  }

  func work(in space: SearchSpace, windows: Int?) -> SearchWork {
    let most = samples.map { samples in windows.map { min(samples, $0) } ?? samples }
    return SearchWork(steps: generations, candidates: population, windows: most ?? windows)
  }

  func validate(for space: SearchSpace) throws(BudgetError) {
    try ShareRanges(self, in: space).checkReach()
  }

  func course(of task: SearchTask) throws -> any SearchCourse {
    try EvolutionCourse(self, task)
  }
}
