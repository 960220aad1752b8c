import BillhookFiles
import BillhookModels

/// A question with its answer.
struct Exchange {
  let prompt: String
  let answer: String
  let countsAll: Bool
}

extension Windowing {
  /// The exchanges among documents; nil where they are of another kind.
  ///
  /// - Throws: `DataError` when they are of both kinds, or a setting has no meaning for exchanges.
  func exchanges(among documents: [Document]) throws(DataError) -> [Exchange]? {
    let exchanges = documents.compactMap { document -> Exchange? in
      guard case .exchange(let prompt, let answer, let countsAll) = document else { return nil }
      return Exchange(prompt: prompt, answer: answer, countsAll: countsAll)
    }
    guard !exchanges.isEmpty else { return nil }
    guard exchanges.count == documents.count else {
      throw DataError("a source gives either texts or questions with answers, not both")
    }
    let misplaced = [
      ("stride", settings.stride != nil), ("join", settings.join != nil),
      ("windows = random", settings.windows == .random), ("bos = every", settings.bos == .every),
    ]
    for (name, isSet) in misplaced where isSet {
      throw DataError("each question with its answer is one window; leave out `\(name)`")
    }
    return exchanges
  }

  /// A window for each exchange: the beginning token, the question, the answer, the end token.
  ///
  /// As in alpaca-lora, which Shortened LLaMA uses: both are tokenised as one text, in which the
  /// question counts as many tokens as it has alone; what is too long is cut off, including the end
  /// token.
  func windows(of exchanges: [Exchange]) throws -> TokenSet {
    let bos = settings.beginning(ofText: true, isAdded: beginning.isAdded)
    if bos == .first, beginning.token == nil {
      throw DataError("the model has no token that begins a text; set `bos = none`")
    }
    guard let end else {
      throw DataError("the model has no token that ends a text, which has to follow each answer")
    }
    let start = bos == .first ? beginning.token.map { [$0] } ?? [] : []
    var windows: [TokenWindow] = []
    for exchange in exchanges.prefix(settings.samples ?? Int.max) {
      let tokens = start + (try encode(exchange.prompt + exchange.answer)) + [end]
      let context = try exchange.countsAll ? 1 : start.count + encode(exchange.prompt).count
      windows.append(
        TokenWindow(Array(tokens.prefix(settings.length ?? tokens.count)), firstTarget: context)
      )
    }
    // The note goes with every result, because missing answers are easily overlooked.
    let missing = windows.count { $0.targetCount == 0 }
    let note = settings.note(bos: bos)
    let tokens = TokenSet(
      windows,
      note: missing == 0 ? note : "\(note), \(missing) of \(windows.count) too long for an answer"
    )
    guard !tokens.windows.isEmpty else {
      throw DataError(
        "no answer begins within `length = \(settings.length ?? 0)` tokens; choose a larger one"
      )
    }
    return try enough(windows, tokens)
  }
}
