import Testing

@testable import BillhookRecipe

@Suite struct ParserTests {
  @Test(arguments: [
    ("let cut = 6", "(let @cut 6)"),
    ("let names = [a, b,\n c,\n]\n", "(let @names [a b c])"),
    ("let on = true", "(let @on #true)"),
    ("model \"models/vicuna\"", "(model \"models/vicuna\")"),
    ("data c = text \"b.txt\"", "(data @c text \"b.txt\")"),
    ("data c = $kind 1 { a = b }", "(data @c $kind 1 {a=b})"),
    ("data c = text {\n}", "(data @c text {})"),
    ("evaluate perplexity on wikitext", "(evaluate perplexity on:wikitext)"),
    ("score ppl on $set { a = 1 }", "(score ppl on:$set {a=1})"),
    ("prune block { remove 20% of parameters }", "(prune block {(remove 20% of parameters)})"),
    ("prune b { down to 5.5B parameters }", "(prune b {(down to 5.5'B parameters)})"),
    ("prune b { remove [10, 13, 24..27] }", "(prune b {(remove [10 13 24..27])})"),
    ("prune b { by ppl on c, keep none }", "(prune b {(by ppl on:c) (keep none)})"),
    ("prune b { by t { f = s, g = 2:4 }, x = $y }", "(prune b {(by t {f=s g=2:4}) x=$y})"),
    ("save \"v-$k\" { for = [a, b] }", "(save \"v-<k>\" {for=[a b]})"),
    ("always { evaluate p on w }", "(always {(evaluate p on:w)})"),
    ("a { let = 1, data = 2, on = 3 }", "(a {let=1 data=2 on=3})"),
    ("a { let b = 1, data c = d }", "(a {(let @b 1) (data @c d)})"),
    ("a [[], [1], [$x..-2]]", "(a [[] [1] [$x..-2]])"),
    ("r { train = [last 3, first $n, head] }", "(r {train=[last:3 first:$n head]})"),
    ("keep [first\n, 2] first 4", "(keep [first 2] first 4)"),
    ("a { , }", "(a {})"),
    ("a {\n b = 1,\n\n # c\n d = 2 }", "(a {b=1 d=2})"),
    ("a { b = 1\n, c }", "(a {b=1 (c)})"),
    ("a \"\" \"x\" -1", "(a \"\" \"x\" -1)"),
  ])
  func readsOneStatement(text: String, expected: String) {
    #expect(parse(text).recipe.dump == [expected])
  }

  @Test func readsTheDesignsRecipe() {
    let result = parse(designRecipe)
    #expect(result.diagnostics.isEmpty)
    #expect(
      result.recipe.dump == [
        "(let @cut 6)",
        "(model \"models/vicuna-7b-v1.3\")",
        "(data @calibration text \"bookcorpus.txt\" "
          + "{windows=random samples=10 length=128 seed=1234})",
        "(data @alpaca instructions \"alpaca_cleaned.json\" {length=256})",
        "(data @wikitext text \"wiki.test.raw\" {length=128 bos=first})",
        "(always {(evaluate perplexity on:wikitext)})",
        "(prune block on:calibration {(by ppl) (remove $cut) (keep first 4 last 2)})",
        "(recover lora on:alpaca {rank=8 epochs=2 learning_rate=1e-4})",
        "(save \"out/vicuna-minus-<cut>\")",
        "(each criterion in [ppl taylor+ magnitude+] {(each cut in [6 9 11] "
          + "{(prune block on:calibration {(by $criterion) (remove $cut) (keep first 4 last 2)}) "
          + "(evaluate perplexity on:wikitext)})})",
      ]
    )
    #expect(result.recipe.comments.count == 2)
  }

  @Test func spansCoverStatements() {
    let recipe = parse("  prune b on c {\n by ppl { a = [1,\n 2] }\n} # end\nlet x = 1").recipe
    let texts = recipe.statements.map { recipe.source.text(in: $0.span) }
    #expect(texts == ["prune b on c {\n by ppl { a = [1,\n 2] }\n}", "let x = 1"])
    let clause = recipe.statements.first?.body?.clauses.first
    let setting = clause?.body?.settings.first
    #expect(clause.map { recipe.source.text(in: $0.span) } == "by ppl { a = [1,\n 2] }")
    #expect(setting.map { recipe.source.text(in: $0.span) } == "a = [1,\n 2]")
    #expect(setting.map { recipe.source.text(in: $0.value.span) } == "[1,\n 2]")
  }

  @Test func goesOnAfterErrors() {
    let result = parse("let = 1\nlet a = 1\nprune { by = , keep 1 }\nlet b 2\nmodel \"m\"")
    #expect(result.diagnostics.map(\.code) == ["E0021", "E0023", "E0022"])
    #expect(result.recipe.dump == ["(let @a 1)", "(prune {(keep 1)})", "(model \"m\")"])
    #expect(result.hasErrors)
  }

  @Test(arguments: [
    "prune block (on) { by ppl\n remove 6 }\nlet a = 1",
    "keep [1, (2,\n 3]\nlet a = 1",
    "prune x { save \"abc }\nlet b = 1",
    "keep [\"a, \"b\" ]\nlet a = 1",
    "keep [\n \"a,\n \"b\"\n]\nlet a = 1",
    "keep [1, 2\nlet a = 1",
    "keep [[1, 2\nlet a = 1",
    "prune x\n{\n by ppl }\nlet a = 1",
    "prune x 4x4 {\n by ppl\n}\nlet a = 1",
    "let b = 1 {\n c = 2\n}\nlet a = 1",
    "foo = [1,\n 2]\nlet a = 1",
    "a { b = [1 2 3 4] }\nlet a = 1",
    "a { {} }\nlet a = 1",
    "a { b {\n c {\n",
  ])
  func oneMistakeIsOneError(text: String) {
    let result = parse(text)
    #expect(result.diagnostics.count <= (text.contains("\"b\" ]") ? 2 : 1), "\(result.diagnostics)")
    #expect(result.hasErrors)
    #expect(!text.hasSuffix("let a = 1") || result.recipe.dump.last == "(let @a 1)")
  }
}

let designRecipe = #"""
  # Shortened LLaMA: one fifth of the blocks by perplexity, healed with LoRA
  let cut = 6

  model "models/vicuna-7b-v1.3"

  data calibration = text "bookcorpus.txt" { windows = random, samples = 10, length = 128, seed = 1234 }
  data alpaca      = instructions "alpaca_cleaned.json" { length = 256 }
  data wikitext    = text "wiki.test.raw" { length = 128, bos = first }

  always { evaluate perplexity on wikitext }

  prune block on calibration {
    by     ppl
    remove $cut
    keep   first 4 last 2
  }
  recover lora on alpaca { rank = 8, epochs = 2, learning_rate = 1e-4 }
  save "out/vicuna-minus-$cut"

  # Which criterion, how much? Scored once per criterion, one table at the end
  each criterion in [ppl, taylor+, magnitude+] {
    each cut in [6, 9, 11] {
      prune block on calibration { by $criterion, remove $cut, keep first 4 last 2 }
      evaluate perplexity on wikitext
    }
  }
  """#
