extension String {
  /// The name with the article that it has in a sentence: `an Olmo2ForCausalLM`, `a LlamaForCausalLM`.
  package var withArticle: String {
    "\(prefix(1).lowercased().allSatisfy("aeiou".contains) && !isEmpty ? "an" : "a") \(self)"
  }
}
