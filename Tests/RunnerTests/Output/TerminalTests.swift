import BillhookCore
import BillhookRecipe
import TestSupport
import Testing

/// What a user sees on a terminal of 80 columns.
@Suite struct TerminalTests {
  static let sweep = """
    always { evaluate perplexity on windows }
    each criterion in [magnitude, ppl] {
      each n in [1, 2] {
        each kept in [[0], [0, 3]] {
          prune block on windows { by $criterion, remove $n, keep $kept }
        }
      }
    }
    """

  /// The last lines, from the table on.
  private func table(_ text: String) -> String {
    let plain = text.replacing(#/\r?\u{1B}\[[0-9]*[A-Z]/#, with: "\n")
    let lines = plain.split(separator: "\n", omittingEmptySubsequences: false)
    let start = lines.lastIndex { $0.hasPrefix(String(repeating: " ", count: 40)) } ?? 0
    return lines[start...].filter { !$0.hasPrefix("details: ") }.joined(separator: "\n")
  }

  @Test func aSweepWithThreeVariables() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.sweep, in: folder)
      let (status, text) = try Billhook.run(["run", recipe], on: PseudoTerminal())
      #expect(status == 0, "\(text)")
      #expect(table(text) == Self.sweepShown)
      let piped = try Billhook.run(["run", recipe, "--quiet"])
      #expect(table(piped.output) == Self.sweepShown)
      // Every line says its branch.
      let again = try Billhook.run(["run", recipe])
      #expect(
        again.errors.contains(
          "[criterion=ppl, n=2, kept=[0, 3]] evaluate perplexity on windows: perplexity "
        )
      )
    }
  }

  /// The numbers are those of `report --csv`, to four digits.
  static let sweepShown = """
                                                                         perplexity
    criterion  n  kept    model                    parameters      size     windows
                          as opened                   44.13 K  176.5 kB       102.3
    magnitude  1  [0]     - 1 block by magnitude      34.08 K  136.3 kB       106.6
    magnitude  1  [0, 3]  - 1 block by magnitude      34.08 K  136.3 kB       90.38
    magnitude  2  [0]     - 2 blocks by magnitude     24.03 K  96.13 kB       97.59
    magnitude  2  [0, 3]  - 2 blocks by magnitude     24.03 K  96.13 kB       110.7
    ppl        1  [0]     - 1 block by ppl            34.08 K  136.3 kB       90.38
    ppl        1  [0, 3]  - 1 block by ppl            34.08 K  136.3 kB       90.38
    ppl        2  [0]     - 2 blocks by ppl           24.03 K  96.13 kB       97.59
    ppl        2  [0, 3]  - 2 blocks by ppl           24.03 K  96.13 kB       110.7
    perplexity windows: whole documents, BOS none, 44 tokens

    """

  /// Everything that is shown while it is under way, too.
  @Test(arguments: [40, 80, 100]) func nothingIsWiderThanTheWindow(columns: Int) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("unit,score\n9,1\n".utf8), to: "\(folder)/few.csv")
      let long = "a branch with a name that is longer than the whole line of this terminal, 日本語日本語"
      let recipe = try Billhook.recipe(
        "branch \"\(long)\" { prune block on windows { by ppl, remove 2, rescore every 1 }\n"
          + "evaluate perplexity on windows }\n"
          + "branch \"fails\" { prune block { by magnitude, remove 1 }\n"
          + "prune block { by scores \"few.csv\", remove 1 } }",
        in: folder
      )
      let (status, text) = try Billhook.run(
        ["run", recipe, "--format", "short"],
        on: PseudoTerminal(columns: columns)
      )
      #expect(status == 3)
      #expect(text.contains("\u{1B}["))
      let shown = text.replacing(#/\r?\u{1B}\[[0-9]*[A-Z]/#, with: "\n")
      for line in shown.split(separator: "\n") {
        let isPath = ["details: ", "\(folder)"].contains { line.hasPrefix($0) }
        #expect(isPath || String(line).cells <= columns, "\(line)")
      }
    }
  }

  @Test(arguments: [["TERM": "dumb"], ["NO_COLOR": "1"], ["TERM": nil], ["TERM": ""]])
  func plainTerminalsGetPlainText(environment: [String: String?]) throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe("prune block on windows { by ppl, remove 1 }", in: folder)
      let terminal = PseudoTerminal(environment: environment)
      let (status, text) = try Billhook.run(["run", recipe], on: terminal)
      #expect(status == 0)
      #expect(!text.contains("\u{1B}") && !text.contains("\r"))
      #expect(text.contains("evidence for ppl"))
      let wrong = try Billhook.recipe("prune block { by pppl }", in: folder)
      let mistake = try Billhook.run(["check", wrong], on: terminal)
      #expect(mistake.status == 1)
      #expect(!mistake.text.contains("\u{1B}") && mistake.text.contains("did you mean `ppl`?"))
    }
  }

  @Test(arguments: [[:], ["NO_COLOR": ""]])
  func othersGetColours(environment: [String: String?]) throws {
    try Fixture.withFolder { folder in
      let wrong = try Billhook.recipe("prune block { by pppl }", in: folder)
      let terminal = PseudoTerminal(environment: environment)
      let mistake = try Billhook.run(["check", wrong], on: terminal)
      #expect(mistake.text.contains("\u{1B}[1;31merror"))
    }
  }

  /// Text of the command line and of files, with everything that steers terminals in it.
  @Test func nothingFromElsewhereSteersATerminal() throws {
    let evil = "x\u{1B}]0;owned\u{7}\u{1B}[2Jy\u{202E}z\u{9B}31m\r\n\u{2066}"
    try Fixture.withFolder { folder in
      // A run alone reads the scores of units that others leave.
      let rows = (0..<4).map { "\($0),\(evil.replacing("\r\n", with: ""))\n" }.joined()
      try FileSystem.write(Array("unit,score\n\(rows)".utf8), to: "\(folder)/few.csv")
      let recipe = try Billhook.recipe(
        """
        let name = "a"
        branch "$name" { evaluate perplexity on windows }
        branch "$name 2" { prune block { by magnitude, remove 1 }
          prune block { by scores "few.csv", remove 1 } }
        """,
        in: folder
      )
      func steers(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.isControl && $0 != "\n" }
      }
      for more in [[], ["--json"], ["--format", "json"], ["--format", "short"]] {
        let outcome = try Billhook.run(["run", recipe, "--let", "name=\(evil)"] + more)
        #expect(outcome.status == 3)
        #expect(!steers(outcome.output) && !steers(outcome.errors), "\(outcome)")
      }
      let report = ["report", "--work", "\(folder)/.billhook"]
      for more in [[], ["--csv"], ["--markdown"], ["--details"]] {
        let outcome = try Billhook.call(report + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!steers(outcome.output), "\(outcome.output)")
      }
      let work = "\(folder)/.billhook/runs"
      for run in try FileSystem.names(in: work) {
        for name in try FileSystem.names(in: "\(work)/\(run)") {
          #expect(!steers(name))
          guard name.hasSuffix(".json") || name.hasSuffix(".jsonl") else { continue }
          #expect(try !steers(Fixture.text("\(work)/\(run)/\(name)")), "\(name)")
        }
      }
      for arguments in [
        ["run", evil], ["check", evil], ["explain", evil], ["inspect", evil], ["generate", evil],
        ["bench", evil], ["report", evil], ["clean", "\(folder)/\(evil)"], ["fmt", evil], [evil],
        ["prune", evil, "--by", evil, "--remove", evil, "--save", evil],
        ["run", "a", "--device", evil],
        ["new", "plugin", evil], ["new", "plugin", "own", "--billhook", evil],
        ["run", "--\(evil)"],
      ] {
        let computes = ["run", "prune", "generate", "bench"].contains(arguments[0])
        let outcome = try computes ? Billhook.run(arguments) : Billhook.call(arguments)
        #expect(!steers(outcome.output) && !steers(outcome.errors), "\(arguments.first ?? "")")
      }
    }
  }

  @Test func whatWasMeasuredBeforeAnInterruptIsShown() throws {
    try Fixture.withFolder { folder in
      let row = (0..<60).map { "\($0)" }.joined(separator: " ") + "\n"
      try FileSystem.write(
        Array(String(repeating: row, count: 20_000).utf8),
        to: "\(folder)/many.txt"
      )
      let recipe = try Billhook.recipe(
        """
        data many = tokens "many.txt" { bos = none }
        evaluate perplexity on windows
        evaluate perplexity on many
        """,
        in: folder
      )
      let outcome = try Billhook.run(["run", recipe], sending: 2) {
        let runs = (try? FileSystem.names(in: "\(folder)/.billhook/runs")) ?? []
        // The journal begins when the first measurement is over.
        return runs.first.map { FileSystem.exists("\(folder)/.billhook/runs/\($0)/journal.jsonl") }
          ?? false
      }
      #expect(outcome.status == 130)
      #expect(outcome.output.contains("perplexity windows"))
      #expect(outcome.errors.contains("the same command goes on from there"))
    }
  }
}
