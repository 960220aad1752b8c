import BillhookCore

extension Trial {
  /// What an evaluation is tried on: windows, or questions of the form that it measures.
  struct EvaluationData {
    /// The tokens.
    let tokens: TokenSet
    /// The same in reverse order.
    let reversed: TokenSet
    /// The statement that describes them in a recipe; empty where it stands there anyway.
    let statement: String
    /// What the recipe calls them.
    let name: String
  }

  /// The data for an evaluation; the model gets a tokenizer where there are questions.
  func data(for evaluation: any Evaluation) throws -> EvaluationData {
    let form = type(of: evaluation).dataForm
    guard form != .text else {
      return EvaluationData(
        tokens: tokens,
        reversed: reversedTokens,
        statement: "",
        name: "windows"
      )
    }
    try FileSystem.write(Array(Self.tokenizer.utf8), to: model.directory.tokenizerPath)
    let rows = Self.words.enumerated().map { number, words -> JSON in
      let question = words[0] + (number.isMultiple(of: 2) ? " " : "")
      return [
        "question": .string(question), "options": .array(words.dropFirst().map(JSON.string)),
        "right": .string(words[1 + number % 2]),
      ]
    }
    let file = "\(folder)/questions.jsonl"
    let lines = rows.map { $0.text(indent: nil) + "\n" }
    try FileSystem.write(Array(lines.joined().utf8), to: file)
    let settings =
      form == .choices
      ? #"choices = "options", gold = "right""# : #"answer = "{right}", stop = [" "]"#
    return EvaluationData(
      tokens: try tokens(of: questions(form)),
      reversed: try tokens(of: questions(form).reversed()),
      statement: "data questions = task \(quoted(file)) { query = \"{question}\", \(settings) }\n",
      name: "questions"
    )
  }

  private func questions(_ form: DataForm) -> [Question] {
    Self.words.enumerated().map { number, words in
      let prompt = words[0] + (number.isMultiple(of: 2) ? " " : "")
      let answers = words.dropFirst().map {
        Question.Answer(after: prompt, " " + $0, length: $0.unicodeScalars.count)
      }
      let gold = number % 2
      return Question(
        form == .choices
          ? .choice(answers, gold: gold)
          : .text(prompt: prompt, answer: words[1 + gold], AnswerRule(stop: [" "])),
        line: number + 1
      )
    }
  }

  private func tokens(of questions: [Question]) throws -> TokenSet {
    let tokenizer = try Tokenizer(contentsOf: model.directory.tokenizerPath)
    return try QuestionWindowing(
      nil,
      beginning: TextBeginning(in: model.directory, model.configuration, tokenizer),
      end: model.directory.endToken(tokenizer),
      positions: model.configuration.maximumPositions
    ) { tokenizer.encode($0, addingSpecialTokens: false) }.tokens(of: questions)
  }

  /// Questions, each with its answers.
  private static let words = [
    ["who is there", "me", "nobody"], ["what falls", "a stone", "a stone", "rain"],
    ["how old is it", "a year", "old", "new", "it is not"], ["where", "here", "at the end of it"],
    ["when will it be", "soon", "late"],
  ]

  /// A tokenizer of letters and spaces.
  private static var tokenizer: String {
    let letters = ["<unk>", "<s>", "</s>", "Ġ"] + "abcdefghijklmnopqrstuvwxyz".map { "\($0)" }
    let vocabulary = letters.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let special = [0, 1, 2].map {
      """
      {"id": \($0), "content": "\(letters[$0])", "single_word": false, "lstrip": false,
       "rstrip": false, "normalized": false, "special": true}
      """
    }
    return """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [\(special.joined(separator: ", "))], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true},
       "post_processor": null,
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": {\(vocabulary)}, "merges": []}}
      """
  }
}
