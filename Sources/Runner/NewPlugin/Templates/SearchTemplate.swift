extension PluginTemplate {
  /// Random neighbours of what scores alone would remove.
  static func search(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// How it finds which units go: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, section.
        struct \(names.type): Search {
          static let name = "\(names.plugin)"
          static let summary = "Fill in how it searches, for those who write recipes."

          /// The number of steps.
          var steps = 10
          /// The candidates of a step.
          var candidates = 8
          /// The seed of its random numbers.
          var seed = 0

          static let parameters = [
            Parameter<\(names.type)>("steps", \\.steps, in: 1..., help: "the number of steps"),
            Parameter("candidates", \\.candidates, in: 1..., help: "the candidates of a step"),
            Parameter("seed", \\.seed, in: 0..., help: "the seed of random numbers"),
          ]

          /// How much is evaluated, which is known beforehand.
          func work(in space: SearchSpace, windows: Int?) -> SearchWork {
            SearchWork(steps: steps, candidates: candidates, windows: windows)
          }

          func course(of task: SearchTask) throws -> any SearchCourse {
            \(names.type)Course(self, task)
          }
        }

        /// The search under way: the best choice so far.
        final class \(names.type)Course: SearchCourse {
          private let search: \(names.type)
          private let task: SearchTask
          private var best: [Bool]
          private var loss = Double.infinity

          init(_ search: \(names.type), _ task: SearchTask) {
            self.search = search
            self.task = task
            best = task.start
          }

          var stepCount: Int { search.steps }

          /// The windows on which the answer is compared with what scores alone would remove.
          var comparison: [Int] { Array(0..<task.windows) }

          /// Fill in what is tried: here scores with noise decide what goes.
          func proposals(ofStep step: Int, _ seed: RandomSeed) throws -> SearchProposals {
            let generator = try Generator(seed: seed.value)
            let candidates = try (0..<search.candidates).compactMap { _ in
              let noise = try generator.uniform([task.space.count], dtype: .float64).doubles()
              let values = zip(task.scores, noise).map { $0 * (1 + $1) }
              return task.space.fitted(task.space.all, by: values)
            }
            return SearchProposals(candidates, on: comparison)
          }

          func learn(
            _ losses: [Double],
            of proposals: SearchProposals,
            ofStep step: Int
          ) throws {
            for (candidate, loss) in zip(proposals.candidates, losses) where loss < self.loss {
              (best, self.loss) = (candidate, loss)
            }
          }

          /// What a later run goes on from.
          func state() throws -> [String: Tensor] {
            ["best": try Tensor(best.map { $0 ? 1 : 0 }), "loss": try Tensor([loss])]
          }

          func restore(_ state: [String: Tensor]) throws {
            guard let best = state["best"], let loss = state["loss"] else { return }
            self.best = try best.integers().map { $0 == 1 }
            self.loss = try loss.scalar()
          }

          func answer() throws -> [Bool] { best }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          // Trials are of tiny models, and a few candidates are enough.
          let search = \(names.type)(steps: 2, candidates: 3)
          let violations = try Conformance.violations(of: search)
          #expect(violations == [])
        }
        """,
      statements: """
        evaluate perplexity on heldout

        prune mlp_channel on calibration {
          by     wanda_sp
          remove 20%
          search \(names.plugin) { steps = 4 }
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true, architecture = custom }
        """,
      types: [names.type]
    )
  }
}
