import BillhookCore
import BillhookPipeline
import BillhookPlugins
import BillhookRecipe
import BillhookResolver
import TestSupport
import Testing

/// Recipes that were changed at random must neither trap nor hang the resolver, and what it says
/// must make sense.
@Suite struct ResolverFuzzTests {
  private static let seeds = [
    """
    let cut = 6
    let criterion = taylor+
    model "m" { compute = bfloat16 }
    data a = text "words.txt" { windows = random, samples = 10, length = 12, seed = 4 }
    prune block on a { by $criterion { aggregate = sum_abs }, remove $cut, keep first 4 last 2 }
    save huggingface "out/$cut-${criterion}" { shard = 4GB, overwrite = true }
    """,
    """
    model "m"
    let blocks = [3, 24..27]
    data a = text "words.txt" { length = 12, stride = 6, bos = every, separator = ";" }
    score block on a { by ppl, by magnitude { p = 2, inside = sum }, by taylor on a }
    prune block { by scores "scores.csv" { unit = "unit" }, remove $blocks, keep [7], keep none }
    evaluate perplexity on a
    """,
    """
    model "m"
    prune block { by magnitude, remove 12.5% of parameters, keep $ends first 2 }
    prune block { by magnitude+, down to 5.5B parameters }
    prune block { by magnitude, down to 26 }
    """,
  ]

  private static let pieces = [
    "model", "data", "let", "score", "prune", "recover", "evaluate", "save", "by", "remove",
    "down", "to", "keep", "first", "last", "none", "of", "parameters", "block", "ppl", "ppl+",
    "taylor", "magnitude", "text", "tokens", "perplexity", "huggingface", "on a", "on", "a", "$a",
    "$cut", "$blocks", "\"words.txt\"", "\"$cut\"", "\"\"", "\".\"", "6", "-6", "0.5", "1e18",
    "9223372036854775807", "20%", "900%", "5.5B", "4GB", "2:4", "true", "[", "]", "[]", "[1, x]",
    "[0..999]", "[$cut..$cut]", "9..1", "{", "}", "=", ",", "\n", "p = 2", "length = 1",
    "let cut = 7\n", "let x = [$blocks, $blocks]\n", "data a = text \"words.txt\"\n",
  ]

  @Test func resolver() throws {
    let registry = try Registry(BuiltinPlugins.all)
    var unparsed = 0
    let result = try Fuzzing.run("resolver", inputs: 3200) { random in
      var tokens = Self.tokens(of: Self.seeds.randomElement(using: &random) ?? "")
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&tokens, &random) }
      guard let hasPlan = try check(tokens.joined(), registry) else {
        unparsed += 1
        return .refused
      }
      return hasPlan ? .accepted : .refused
    }
    #expect(result.faults == [])
    // Most must get past the parser, and both outcomes must be common, or little is tested.
    let resolved = result.accepted + result.refused - unparsed
    #expect(result.isSingle || resolved > unparsed / 2)
    #expect(result.isSingle || result.accepted > resolved / 20)
    #expect(result.isSingle || resolved - result.accepted > resolved / 4)
  }

  /// Words, numbers and blanks, each for itself.
  private static func tokens(of text: String) -> [String] {
    var tokens: [String] = []
    var isWord = false
    for character in text {
      let continues = character.isLetter || character.isNumber || "_.$%+".contains(character)
      if continues, isWord, var last = tokens.popLast() {
        last.append(character)
        tokens.append(last)
      } else {
        tokens.append(String(character))
      }
      isWord = continues
    }
    return tokens
  }

  private func mutate(_ tokens: inout [String], _ random: inout SplitMix64) {
    let place = Int.random(in: 0..<max(1, tokens.count), using: &random)
    let piece = Self.pieces.randomElement(using: &random) ?? ""
    guard tokens.indices.contains(place) else { return }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: tokens.remove(at: place)
    case 1: tokens.insert(" \(piece) ", at: place)
    case 2: tokens.swapAt(place, Int.random(in: 0..<tokens.count, using: &random))
    case 3:
      guard tokens[place].count > 1 else { return }
      tokens[place].remove(at: tokens[place].startIndex)
    default: if tokens[place].first?.isWhitespace == false { tokens[place] = piece }
    }
  }

  /// Whether there is a plan; nil for what does not parse.
  private func check(_ text: String, _ registry: Registry) throws -> Bool? {
    let source = SourceText(name: "fuzz", text: text)
    let parsed = Recipe.parse(source)
    guard !parsed.hasErrors else { return nil }
    let folder = PlanFixtureTests.folder
    let found = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    let resolution = Resolution(found)
    var isSound = (resolution.plan == nil) == resolution.hasErrors
    for diagnostic in resolution.diagnostics {
      let spans =
        [diagnostic.span] + diagnostic.notes.compactMap(\.span)
        + [diagnostic.fix?.span].compactMap(\.self)
      isSound = isSound && spans.allSatisfy { $0.start >= 0 && $0.end <= source.bytes.count }
    }
    let shown = DiagnosticRenderer(source: source)
      .render(resolution.diagnostics, as: .text(color: false))
    isSound = isSound && shown.isEmpty == resolution.diagnostics.isEmpty
    try Fault.unless(isSound, text)
    let formatted = SourceText(name: "fuzz", text: parsed.recipe.formatted)
    let again = Resolver.resolve(Recipe.parse(formatted).recipe, registry: registry, folder: folder)
    try Fault.unless(
      again.diagnostics.map(\.code).sorted() == resolution.codes.sorted(),
      "formatting changes what is said: \(text)"
    )
    try Fault.unless(
      again.plan.map(Self.words) == resolution.plan.map(Self.words),
      "formatting changes the plan: \(text)"
    )
    return resolution.plan != nil
  }

  /// What a plan does, without the places in the text.
  private static func words(_ plan: Plan) -> String {
    let data = plan.data.values.sorted { $0.key < $1.key }
    return "\(plan.model) \(data) \(plan.steps)"
      .replacing(#/SourceSpan\(start: \d+, end: \d+\)/#, with: "")
  }
}
