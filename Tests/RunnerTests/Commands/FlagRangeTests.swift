import TestSupport
import Testing

/// Numbers on the command line that cannot be: what there may be, and what was found, is said.
@Suite struct FlagRangeTests {
  static let threads = "expected a whole number from 1 to 1024"
  static let memory = "expected a size from 1MB to 1000TB, such as 4GB"
  static let seed = "expected a whole number from 0 to 18446744073709551615"
  static let tokens = "expected a whole number from 1 to 16777216"
  static let model = "Models/none"

  /// Values that a flag of a command does not take.
  struct Mistake {
    let command: [String]
    let flag: String
    let values: [String]
    let says: String

    init(_ command: [String], _ flag: String, _ values: [String], _ says: String) {
      (self.command, self.flag, self.values, self.says) = (command, flag, values, says)
    }
  }

  static let generate = ["generate", model]
  static let sampling = ["generate", model, "--temperature", "1"]
  static let bench = ["bench", model]
  static let prune = ["prune", model, "--remove", "1", "--save", "o"]

  static let ofEveryMachine: [Mistake] = [["run", "a.recipe"], ["check", "a.recipe"], prune]
    .flatMap { (command: [String]) -> [Mistake] in
      let tooMany = ["0", "-1", "1025", "1000000000", "1e3", "x", "99999999999999999999"]
      let devices = ["gpu", "cuda:-1", "cuda:128", "cuda:99999999999999999999"]
      return [
        Mistake(command, "--threads", tooMany, threads),
        Mistake(
          command,
          "--memory",
          ["0", "-1GB", "1B", "1e30GB", "4", "nanGB", "4XB", "1001TB"],
          memory
        ),
        Mistake(
          command,
          "--device",
          devices,
          "expected cpu, cuda, cuda:N with a number from 0 to 127, or mps"
        ),
      ]
    }

  static let ofGenerate: [Mistake] = [
    Mistake(generate, "--threads", ["0", "1000000000"], threads),
    Mistake(generate, "--max-tokens", ["0", "-5", "16777217", "x"], tokens),
    Mistake(
      generate,
      "--min-tokens",
      ["-1", "16777217"],
      "expected a whole number from 0 to 16777216"
    ),
    Mistake(
      generate,
      "--temperature",
      ["-0.1", "1001", "nan", "inf", "x"],
      "expected a number from 0 to 1000"
    ),
    Mistake(sampling, "--top-k", ["0", "-1", "1e9"], tokens),
    Mistake(
      sampling,
      "--top-p",
      ["0", "1.1", "-1", "nan"],
      "expected a number above 0 and at most 1"
    ),
    Mistake(generate, "--seed", ["-1", "18446744073709551616", "x"], seed),
  ]

  static let ofBench: [Mistake] = [
    Mistake(bench, "--threads", ["0", "1000000000"], threads),
    Mistake(bench, "--warmup", ["-1", "1001"], "expected a whole number from 0 to 1000"),
    Mistake(bench, "--repeat", ["0", "1001"], "expected a whole number from 1 to 1000"),
    Mistake(bench, "--seed", ["-1", "1.5"], seed),
    Mistake(
      bench,
      "--batch",
      ["0", "65537", "1,", "x"],
      "expected whole numbers from 1 to 65536 with commas"
    ),
    Mistake(
      bench,
      "--prompt",
      ["0", "16777217"],
      "expected whole numbers from 1 to 16777216 with commas"
    ),
    Mistake(
      bench,
      "--output",
      ["0", "99999999999999999999"],
      "expected whole numbers from 1 to 16777216 with commas"
    ),
  ]

  static let ofPrune: [Mistake] = [
    Mistake(prune, "--samples", ["0", "1000001"], "expected a whole number from 1 to 1000000"),
    Mistake(prune, "--length", ["1", "-128", "x"], "expected a whole number from 2 to 1000000"),
    Mistake(
      prune,
      "--seed",
      ["-1", "9223372036854775808"],
      "expected a whole number from 0 to 9223372036854775807"
    ),
  ]

  static let mistakes: [Mistake] = ofEveryMachine + ofGenerate + ofBench + ofPrune

  @Test(arguments: mistakes.indices) func whatCannotBeIsSaid(index: Int) throws {
    let mistake = Self.mistakes[index]
    let (flag, says) = (mistake.flag, mistake.says)
    for value in mistake.values {
      for words in [["\(flag)=\(value)"], [flag, value]] {
        let outcome = try Billhook.call(mistake.command + words)
        #expect(outcome.status == 2, "\(words): \(outcome.errors)")
        #expect(outcome.errors.contains(says), "\(words): \(outcome.errors)")
        #expect(outcome.errors.contains(flag) && outcome.errors.contains("found \(value)"))
        #expect(outcome.output.isEmpty)
      }
    }
  }

  /// The ends of the ranges can be.
  @Test(arguments: [
    ["--threads", "1"], ["--threads", "1024"], ["--memory", "1MB"], ["--memory", "1000TB"],
  ])
  func theEndsOfRanges(flag: [String]) throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("evaluate perplexity on windows", in: folder)
      let outcome = try Billhook.run(["run", recipe] + flag)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }
}
