import BillhookCore
import BillhookPlugins
import BillhookRecipe
import TestSupport
import Testing

/// What could fail a run after much work is said before anything is computed.
@Suite struct KnownBeforehandTests {
  /// The messages about a recipe that begins with a model of Tests/Fixtures, or the tiny one.
  private func messages(
    _ steps: String,
    on model: String? = nil,
    in folder: String = Fixture.path("recipes/plan")
  ) throws -> [String] {
    let examples = "\(Fixture.repository)/Examples/Data"
    let head =
      model.map {
        """
        model "\(Fixture.path("models/\($0)"))"
        data ids = tokens "\(Fixture.path("recipes/model/windows.txt"))" { length = 8, samples = 1 }

        """
      } ?? """
        model "\(Fixture.tinyModel)"
        data words = text "\(examples)/heldout.txt" { windows = random, samples = 8, length = 64 }
        data asked = instructions "\(examples)/instructions.json" { length = 256 }

        """
    let checked = try CheckedRecipe(head + steps, named: "test", folder: folder, isRun: false)
    return checked.diagnostics.filter { !["W0401", "W0406"].contains($0.code) }.map(\.message)
  }

  /// Of 8 windows by their settings, and 12 records that are counted.
  @Test(
    arguments: [
      ("lora on words { held_out = 7 }", nil),
      (
        "lora on words { held_out = 8 }",
        "`held_out`: 8 leaves nothing to train on: the data has 8 windows"
      ),
      ("cpt on words { held_out = 9, steps = 3 }", "`held_out`: 9 leaves nothing"),
      ("distill on asked { held_out = 11 }", nil),
      ("distill on asked { held_out = 12 }", "leaves nothing to train on: the data has 12 windows"),
      // Two epochs of two steps; one; 512 tokens in two steps, then 488 in two more.
      ("lora on words { batch = 4, warmup = 4 }", nil),
      ("lora on words { batch = 4, warmup = 5 }", "5 steps of warm-up are more than the 4 steps"),
      ("cpt on words { batch = 4, warmup = 3 }", "more than the 2 steps of the training"),
      ("cpt on words { batch = 4, warmup = 100% }", nil),
      ("cpt on words { batch = 4, tokens = 1_000, warmup = 4 }", nil),
      ("cpt on words { batch = 4, tokens = 1_000, warmup = 5 }", "more than the 4 steps"),
      (
        "cpt on words { batch = 4, held_out = 4, warmup = 2 }",
        "more than the 1 step of the training"
      ),
      (
        "cpt on words { batch = 4, schedule = warmup_stable_decay, decay = 2, warmup = 1 }",
        "1 steps of warm-up and 2 of decay are more than the 2 steps"
      ),
      ("distill on asked { batch = 5, epochs = 2, warmup = 6 }", nil),
      ("distill on asked { batch = 5, epochs = 2, warmup = 7 }", "more than the 6 steps"),
    ] as [(String, String?)]
  )
  func howLongATrainingIs(recovery: String, says: String?) throws {
    let found = try messages("recover \(recovery)")
    #expect(found.count == (says == nil ? 0 : 1), "\(found)")
    if let says { #expect(found.first?.contains(says) == true, "\(found)") }
  }

  @Test func unitsThatGoInATrainingKnowItsStepsToo() throws {
    func prune(_ warmup: Int) -> String {
      "prune mlp_channel on words { by lora_taylor, remove 25%, "
        + "gradual cubic { every = 1, warmup = \(warmup), cooldown = 0 }, recover lora { batch = 4 } }"
    }
    #expect(try messages(prune(1)) == [])
    #expect(try messages(prune(4)).contains { $0.contains("leave none of the 4 steps") })
  }

  /// An Arcee has no gate, so only those who name it miss it.
  @Test(arguments: [
    ("recover lora on ids { targets = [gate, up], steps = 1 }", true),
    ("recover lora on ids { targets = [query, up], steps = 1 }", false),
    ("recover lora on ids { steps = 1 }", false),
    ("prune weight { by magnitude, remove 50%, targets = [gate] }", true),
    ("prune weight { by magnitude, remove 50% }", false),
    ("prune weight on ids { by wanda, remove 50%, refine dsnot { targets = [up, gate] } }", true),
    ("quantise weight { by round, group = none, targets = [gate] }", true),
  ])
  func projectionsThatAModelDoesNotHave(statement: String, isMissed: Bool) throws {
    let found = try messages(statement, on: "arcee")
    let says =
      "`targets`: names `gate`, of which the model has none; it has `query`, `key`, `value`, `output`, "
      + "`up`, `down`"
    #expect(found == (isMissed ? [says] : []))
  }

  @Test func aListOfNoProgramsSaysNothing() throws {
    let found = try messages("save \"out/x\" { for = [] }")
    #expect(found.count == 1 && found[0].contains("names no program"))
  }

  @Test func scoresOfAFile() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("unit,score\n0,1\n1,2\n2,3\n".utf8), to: "\(folder)/few.csv")
      func found(_ before: String, _ criterion: String) throws -> [String] {
        try messages(
          "\(before)\nprune block { by \(criterion), remove 1 }",
          on: "llama-gqa",
          in: folder
        )
      }
      #expect(
        try found("", "scores \"few.csv\"") == [
          "`scores`: few.csv: has no score for block 3"
        ]
      )
      #expect(try found("prune block { remove [3] }", "scores \"few.csv\"") == [])
      // Which blocks are left by then, scores decide.
      #expect(try found("prune block { by magnitude, remove 1 }", "scores \"few.csv\"") == [])
      let column = "scores \"few.csv\" { score = \"ppl\" }"
      let missing = try found("prune block { by magnitude, remove 1 }", column)
      #expect(missing.count == 1 && missing[0].contains("has no column ppl, only unit, score"))
    }
  }

  /// The same for single weights; a block that the model never had is wrong whatever is left.
  @Test func weightsOfBlocksThatMayBeGone() throws {
    func found(_ before: String, _ keep: String) throws -> [String] {
      try messages(
        "\(before)\nprune weight { by magnitude, remove 50%, \(keep) }",
        on: "llama-gqa"
      )
    }
    let prune = "prune block { by magnitude, remove 2 }"
    for keep in ["keep first 2", "keep last 2"] { #expect(try found(prune, keep) == []) }
    #expect(
      try found("prune block { remove [0, 1] }", "keep last 2") == [
        "`keep last 2` leaves no block in which weights may go"
      ]
    )
    #expect(
      try found(prune, "keep [4]") == ["`keep [4]` names block 4 of a model with 4 blocks"]
    )
  }

  /// Where scores decide which of four blocks are left, nobody knows whether a kept one is among them.
  @Test func keptBlocksThatMayBeGone() throws {
    func found(_ before: String, _ keep: String) throws -> [String] {
      try messages(
        "\(before)\nquantise weight { by round, group = 32, targets = [query, gate], \(keep) }",
        on: "llama-gqa"
      )
    }
    let prune = "prune block { by magnitude, remove 3 }"
    let mayBeNothing = try found(prune, "keep last 1")
    #expect(
      mayBeNothing.count == 1 && mayBeNothing[0].hasPrefix("scores decide which blocks are left")
    )
    #expect(try found("prune block { by magnitude, remove 2 }", "keep last 1") == [])
    #expect(
      try found("prune block { remove [0..2] }", "keep last 1")
        == ["`quantise`: `targets` and `keep` leave nothing to quantise"]
    )
    #expect(try found(prune, "keep first 4").first?.contains("leave nothing to quantise") == true)
  }

  /// Widths that scores decide matter where something is quantised.
  @Test func openWidthsOfKeptBlocks() throws {
    func found(_ keep: String) throws -> [String] {
      try messages(
        """
        prune mlp_channel { by magnitude, remove 3%, allocate global, keep first 11 }
        quantise weight { by round, group = 32, \(keep) }
        """
      )
    }
    #expect(try found("keep last 1") == [])
    let open = try found("keep first 1")
    #expect(open.count == 1 && open[0].hasPrefix("scores decide how many channels"))
  }

  /// A repair in a pass of its own needs as much data as one in the pass of the criterion.
  @Test func aRepairAfterARefinerNeedsData() throws {
    func found(_ repair: String) throws -> [String] {
      try messages(
        "prune weight on ids { by magnitude, remove 50%, refine barber\(repair) }",
        on: "llama-gqa"
      )
    }
    #expect(try found("") == [])
    let shortage = try found(", repair sparsegpt")
    #expect(shortage.count == 1)
    #expect(shortage.first?.hasPrefix("8 calibration tokens cannot tell the 56 inputs") == true)
  }

  /// Weights in codes are looked at under whatever name the model is saved.
  @Test(arguments: ["family", "mistral", "nemotron_nas", "custom"])
  func someProjectionsInCodes(architecture: String) throws {
    func found(_ programs: String) throws -> [String] {
      try messages(
        """
        quantise weight { by round, group = 32, targets = [query, gate, up] }
        save "out/x" { architecture = \(architecture)\(programs) }
        """
      )
    }
    let warnings = try found("")
    #expect(warnings.count == (architecture == "custom" ? 0 : 1), "\(warnings)")
    #expect(warnings.allSatisfy { $0.hasPrefix("vLLM joins query, key, value") })
    let errors = try found(", for = [vllm]")
    #expect(errors.first?.hasPrefix("vLLM ") == true, "\(errors)")
    #expect(try found(", for = [transformers]") == warnings)
    #expect(try found(", for = [mlx]").contains { $0.hasPrefix("MLX ") })
  }

  /// vLLM's kernels know symmetric codes in some groups.
  @Test func codesThatKernelsDoNotKnow() throws {
    func found(_ settings: String, _ programs: String = "") throws -> [String] {
      try messages("quantise weight { by round\(settings) }\nsave \"out/x\" { \(programs) }")
    }
    #expect(try found(", group = 32").isEmpty)
    #expect(try found(", group = none").isEmpty)
    let zeros = try found(", group = 32, symmetric = false")
    #expect(zeros.count == 1 && zeros[0].hasPrefix("vLLM computes with symmetric codes"))
    let groups = try found(", group = 16")
    #expect(groups.count == 1 && groups[0].hasPrefix("vLLM computes with groups of 32, 64, 128"))
    #expect(groups[0].contains("have groups of 16; set `group = 128`"))
    #expect(try found(", group = 16", "for = [vllm]").first?.hasPrefix("vLLM computes") == true)
    let other = try found(", group = 32", "for = [mlx]")
    #expect(other.first?.hasPrefix("MLX does not open weights in the layout of GPTQ") == true)
  }

  /// What ends a text is looked at by what writes texts, and by nothing else.
  @Test(arguments: [
    ("evaluate samples { prompts = [\"Once\"], tokens = 4 }", true),
    ("evaluate exact_match on written { tokens = 4 }", true),
    ("evaluate perplexity on words", false),
  ])
  func endsOfTextsAreKnown(step: String, isAsked: Bool) throws {
    try Fixture.withFolder { folder in
      for name in try FileSystem.names(in: Fixture.tinyModel) {
        try FileSystem.write(
          FileSystem.read("\(Fixture.tinyModel)/\(name)"),
          to: "\(folder)/\(name)"
        )
      }
      let rows = Fixture.path("recipes/model/piqa.jsonl")
      let recipe = """
        model "\(folder)"
        data words = text "\(Fixture.repository)/Examples/Data/heldout.txt" { length = 64, samples = 2 }
        data written = task "\(rows)" { query = "{goal}", answer = "{sol1}" }
        \(step)
        """
      func found() throws -> [String] {
        try CheckedRecipe(recipe, named: "test", folder: folder, isRun: false).diagnostics
          .filter { $0.severity == .error }.map(\.message)
      }
      let before = try found()
      #expect(before.isEmpty, "\(before)")
      let ends = #"{"eos_token_id": [1, "two"]}"#
      try FileSystem.write(Array(ends.utf8), to: "\(folder)/generation_config.json")
      let faults = try found()
      #expect(faults.count == (isAsked ? 1 : 0), "\(faults)")
      #expect(faults.allSatisfy { $0.contains("expected a token id or a list of them") })
    }
  }

  @Test func aNemotronWithoutItsFirstAttentionIsNotForVLLM() throws {
    let found = try messages(
      "prune attention { remove [0] }\nsave \"out/x\" { architecture = nemotron_nas }"
    )
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("vLLM does not open a Nemotron-NAS whose first block") == true)
  }
}
