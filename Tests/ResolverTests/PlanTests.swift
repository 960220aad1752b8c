import BillhookCore
import BillhookPipeline
import BillhookRecipe
import TestSupport
import Testing

/// Good recipes and the plans that they make.
@Suite struct PlanTests {
  private static let words = """
    model "m"
    data a = text "words.txt"
    data b = text "words.txt"

    """

  private func scorings(_ text: String) throws -> [ScoreStep] {
    try Resolution.plan(Self.words + text).steps.compactMap { step in
      step as? ScoreStep ?? (step as? PruneStep)?.scorings[0]
    }
  }

  @Test func dataIsInheritedAndOverridden() throws {
    let steps = try scorings(
      """
      score block on a { by ppl, by taylor on b, by magnitude, by ppl on a }
      prune block on b { by ppl, remove 1 }
      prune block { by ppl on a, remove 1 }
      prune block on a { by magnitude, remove 1 }
      """
    )
    #expect(steps.map(\.data) == ["a", "b", nil, "a", "b", "a", nil])
  }

  @Test func everyCriterionIsAStep() throws {
    let steps = try scorings(
      """
      score block on a {
        by ppl
        by taylor { aggregate = sum_abs }, by magnitude { p = 2 }
      }
      evaluate perplexity on b
      """
    )
    #expect(
      steps.map(\.criterion.signature) == [
        "ppl", "taylor { aggregate = sum_abs, order = first, reduce = element }",
        "magnitude { p = 2, inside = sum, over = sum }",
      ]
    )
    #expect(steps.map { type(of: $0.unit).name } == ["block", "block", "block"])
  }

  @Test func variablesStandEverywhere() throws {
    let plan = try Resolution.plan(
      """
      let folder = "models"
      let path = "$folder/tiny"
      let type = bfloat16
      model $path { compute = $type }
      let source = text
      let file = "words"
      let count = 7
      let random = random
      data words = $source "$file.txt" { windows = $random, samples = $count, length = 16 }
      let words = words
      let unit = block
      let criterion = taylor+
      let aggregate = sum_abs
      prune $unit on $words { by $criterion { aggregate = $aggregate }, remove $count }
      let measure = perplexity
      evaluate $measure on $words
      let format = huggingface
      let size = 1GB
      let yes = true
      save $format "out/$folder-${count}x-$$-$type-$size" { shard = $size, overwrite = $yes }
      """
    )
    #expect(plan.model.path == "\(PlanFixtureTests.folder)/models/tiny")
    #expect(plan.model.name == "models/tiny")
    #expect(plan.model.dtype == .bfloat16)
    let windows = try #require(plan.data["words"]?.windows)
    #expect(windows.windows == .random)
    #expect(windows.samples == 7)
    #expect(plan.steps.count == 3)
    guard let prune = plan.steps[0] as? PruneStep, let measure = plan.steps[1] as? EvaluateStep,
      let save = plan.steps[2] as? SaveStep
    else {
      Issue.record("other steps")
      return
    }
    #expect(
      prune.criterion?.signature
        == "taylor { aggregate = sum_abs, order = first, reduce = element }"
    )
    #expect(prune.data == "words")
    #expect(prune.keep == Keep(first: 4, last: 2))
    #expect(prune.amount == .units(7))
    #expect(measure.data == "words")
    #expect(save.path == "\(PlanFixtureTests.folder)/out/models-7x-$-bfloat16-1GB")
    #expect(save.format.signature == "huggingface { architecture = family, shard = 1GB }")
    #expect(save.overwrite)
  }

  @Test func dataSettingsAreShared() throws {
    let plan = try Resolution.plan(
      "model \"m\"\ndata a = text \"words.txt\" { separator = \";\", length = 8, bos = none, "
        + "join = \" \", stride = 4, samples = 3 }\nevaluate perplexity on a"
    )
    let data = try #require(plan.data["a"])
    #expect(data.source.signature == "text { file = \"words.txt\", separator = \";\" }")
    var windows = WindowSettings()
    (windows.length, windows.stride, windows.samples) = (8, 4, 3)
    (windows.bos, windows.join) = (.nowhere, " ")
    #expect(data.windows == windows)
  }

  @Test func pathsStartFromTheFolder() throws {
    let text = "model \"a/./b/\"\nsave \"out//c\"\nsave \"/tmp/d/\"\nsave \"../e\""
    for (folder, start) in [("/r", "/r/"), ("r/s", "r/s/"), (".", ""), ("", "")] {
      let plan = try Resolution.plan(text, folder: folder)
      #expect(plan.model.path == "\(start)a/b")
      let paths = plan.steps.map { step in
        (step as? SaveStep)?.path ?? ""
      }
      #expect(paths == ["\(start)out/c", "/tmp/d", "\(start)../e"])
      #expect(plan.folder == folder)
    }
  }

  @Test func formatsAndTheirDefaults() throws {
    let plan = try Resolution.plan(
      "model \"m\"\nsave \"a\"\nsave huggingface \"b\" { dtype = float16, shard = 2GB }"
    )
    let saves = plan.steps.compactMap { step in
      step as? SaveStep
    }
    #expect(
      saves.map(\.format.signature) == [
        "huggingface { architecture = family, shard = 5GB }",
        "huggingface { architecture = family, dtype = float16, shard = 2GB }",
      ]
    )
    #expect(saves.map(\.overwrite) == [false, false])
    #expect(plan.model.dtype == .float32)
  }

  @Test func unusedDefinitionsAreNoErrors() throws {
    let text = Self.words + "let cut = 6\nlet used = 1\nlet unused = $used"
    let resolution = try Resolution(text)
    #expect(resolution.codes == ["W0401", "W0401", "W0401", "W0401"])
    #expect(resolution.plan?.steps.isEmpty == true)
    let places = resolution.diagnostics.map(\.span.start)
    #expect(places == places.sorted())
  }

  @Test func unusedDefinitionsAreNotMentionedBesideErrors() throws {
    let text = Self.words + "let cut = 6\nprunee block on a { remove $cut }"
    #expect(try Resolution(text).codes == ["E0101"])
  }

  /// One mistake, one message, whatever hangs on it.
  @Test(arguments: [
    ("let x = $y\nprune $x { by $x, remove $x, keep first $x }", ["E0104"]),
    ("data d = txt \"words.txt\"\nevaluate perplexity on d", ["E0102"]),
    ("prune block on nowhere { by ppl, remove 1 }", ["E0105"]),
    ("data d = text \"words.txt\" { windows = random, length = x, samples = 1 }", ["E0201"]),
    ("prune block { by magnitude remove 1 }", ["E0202"]),
    ("prune block { remove 1 by magnitude }", ["E0202"]),
    ("prune block { bye magnitude, remov 1 }", ["E0106", "E0106"]),
    ("prune block { sort magnitude, remove 1 }", ["E0106"]),
    ("evaluate perplexty", ["E0102"]), ("save $nothing", ["E0104"]),
    ("data d = text { file = \"words.txt\" }", ["E0202"]),
    ("evaluate perplexty on nowhere", ["E0102", "E0105"]),
    ("save \"$p$q\"", ["E0104", "E0104"]),
  ])
  func oneMistakeIsReportedOnce(text: String, codes: [String]) throws {
    #expect(try Resolution("model \"m\"\n\(text)").codes == codes)
  }

  @Test(arguments: [("modle \"m\"", ["E0101"]), ("model 6", ["E0202"]), ("", ["E0208"])])
  func aMisspeltModelIsNotMissing(text: String, codes: [String]) throws {
    #expect(try Resolution(text).codes == codes)
  }
}
