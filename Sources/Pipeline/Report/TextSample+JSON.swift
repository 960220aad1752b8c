import BillhookCore

extension TextSample {
  /// The sample as reports and stages keep it.
  var json: JSON {
    [
      "prompt": .string(prompt),
      "answer": .string(answer),
      "tokens": .array(tokens.map { .number(JSONNumber($0)) }),
      "ended": .bool(isEnded),
      "settings": settings.map(JSON.string) ?? .null,
    ]
  }

  /// Reads a sample; nil where it is none.
  init?(_ json: JSON) {
    guard let prompt = json["prompt"]?.string, let answer = json["answer"]?.string,
      let ids = json["tokens"]?.array, let isEnded = json["ended"]?.bool
    else { return nil }
    let tokens = ids.compactMap(\.int)
    guard tokens.count == ids.count else { return nil }
    self.init(prompt: prompt, answer: answer, tokens: tokens, isEnded: isEnded)
    settings = json["settings"]?.string
  }
}
