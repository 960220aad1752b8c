import BillhookRecipe
import Testing

@Suite struct SuggestionTests {
  @Test(
    arguments: [
      ("wnada", ["wanda", "magnitude"], "wanda"),
      ("al", ["owl"], nil),
      ("al", ["all", "owl"], "all"),
      ("learning-rate", ["learning_rate"], "learning_rate"),
      ("Taylor", ["taylor"], "taylor"),
      ("tayor", ["taylor", "taylor+"], "taylor"),
      ("magnitde", ["magnitude", "magnitude+"], "magnitude"),
      ("cat", ["car", "bat", "cut"], "bat"),
      ("perplexty", ["perplexity", "ppl"], "perplexity"),
      ("lora", ["cpt"], nil),
      ("", ["a"], "a"),
      ("x", [], nil),
      ("ca", ["abc"], nil),
    ] as [(String, [String], String?)]
  )
  func suggests(typed: String, candidates: [String], expected: String?) {
    #expect(Suggestion.closest(to: typed, among: candidates) == expected)
  }
}
