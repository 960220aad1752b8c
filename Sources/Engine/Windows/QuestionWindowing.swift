import BillhookFiles
public import BillhookModels

/// Turns questions into the windows that a model is run on, as lm-eval 0.4.13 does.
///
/// Context and answer are tokenised as one text; what follows as many tokens as the context has alone
/// is the answer. Before it stand the tokens of the context alone, so that a token of both is lost. White
/// space at the end of a context goes to the answer. Where nothing is left of the context, the token that
/// begins a text stands there, or else the one that ends it.
public struct QuestionWindowing {
  /// Which texts begin with the token that begins a text (BOS).
  public enum Beginning: String, Sendable, CaseIterable {
    /// None: the rule of lm-eval before 0.4.9.2.
    case nowhere = "none"
    /// All.
    case first
  }

  private let beginning: TextBeginning
  private let bos: Bool
  private let prefix: Int?
  private let positions: Int
  private let encode: (String) throws -> [Int]

  /// Makes the rules.
  ///
  /// - Parameters:
  ///   - setting: Which texts begin with the token that begins a text; nil for those of a tokenizer
  ///     that puts it there by itself.
  ///   - beginning: The token that begins a text.
  ///   - end: The token that ends one; nil where there is none.
  ///   - positions: The most tokens that a model is run on; longer windows lose tokens at the left.
  ///   - encode: Turns text into token ids, without special tokens of its own.
  /// - Throws: `DataError` where the texts have to begin with a token that there is not.
  public init(
    _ setting: Beginning?,
    beginning: TextBeginning,
    end: Int?,
    positions: Int,
    encode: @escaping (String) throws -> [Int]
  ) throws(DataError) {
    self.beginning = beginning
    bos = setting.map { $0 == .first } ?? beginning.isAdded
    prefix = beginning.token ?? end
    self.positions = positions
    self.encode = encode
    guard !bos || beginning.token != nil else {
      throw DataError("the model has no token that begins a text; set `bos = none`")
    }
  }

  /// The windows of some questions.
  ///
  /// - Parameters:
  ///   - questions: The questions.
  ///   - which: Which ones they are, for the note of the tokens.
  /// - Returns: The questions, and all of their tokens.
  /// - Throws: `DataError` that names the line of a question without a token to predict, or with an
  ///   answer that is longer than the model's sequences; what `encode` throws.
  public func tokens(of questions: [Question], _ which: String = "") throws -> TokenSet {
    var windows: [TokenWindow] = []
    var found: [TokenQuestion] = []
    var truncated = 0
    for question in questions {
      switch question.form {
      case .choice(let answers, let gold):
        let start = windows.count
        var known: (context: String, tokens: [Int])?
        for answer in answers {
          windows.append(try window(answer, question.line, &known, &truncated))
        }
        let lengths = answers.compactMap(\.length)
        let form = TokenQuestion.Form.choice(
          windows: start..<windows.count,
          lengths: lengths.count == answers.count ? lengths : nil,
          gold: gold
        )
        found.append(TokenQuestion(form, groups: question.groups))
      case .text(let prompt, let answer, let rule):
        var tokens = try start(encode(prompt))
        if tokens.isEmpty { tokens = try [requiredPrefix(question.line)] }
        let form = TokenQuestion.Form.text(prompt: tokens, answer: answer, rule)
        found.append(TokenQuestion(form, groups: question.groups))
      }
    }
    let count = counted(questions.count, "question")
    var parts = [
      which.isEmpty ? count : "\(count) \(which)", "BOS \(bos ? "first" : "none")",
    ]
    if truncated > 0 {
      parts.append("\(truncated) of \(counted(windows.count, "answer")) cut at the left")
    }
    var tokens = TokenSet(found, windows, note: parts.joined(separator: ", "))
    tokens.truncatedCount = truncated
    return tokens
  }

  /// The window of an answer; the tokens of the last context are kept for the next answer.
  private func window(
    _ answer: Question.Answer,
    _ line: Int,
    _ known: inout (context: String, tokens: [Int])?,
    _ truncated: inout Int
  ) throws -> TokenWindow {
    var (before, after) = try parts(of: answer, &known)
    if before.isEmpty {
      let prefix = try requiredPrefix(line)
      // A text that begins with that very token has its context already.
      if after.first == prefix { after.removeFirst() }
      before = [prefix]
    }
    guard !after.isEmpty else {
      throw DataError(
        "line \(line): the answer \(answer.continuation.shown(atMost: 40)) adds no token to the text "
          + "before it"
      )
    }
    guard after.count <= positions else {
      throw DataError(
        "line \(line): an answer of \(after.count) tokens is longer than the \(positions) positions of "
          + "the model"
      )
    }
    // The last token is predicted, and nothing is predicted from it.
    let tokens = before + after
    if tokens.count > positions + 1 { truncated += 1 }
    let kept = Array(tokens.suffix(positions + 1))
    return TokenWindow(kept, firstTarget: kept.count - after.count)
  }

  private func parts(
    of answer: Question.Answer,
    _ known: inout (context: String, tokens: [Int])?
  ) throws -> (before: [Int], after: [Int]) {
    guard !answer.context.isEmpty else { return ([], try encode(answer.continuation)) }
    let scalars = answer.context.unicodeScalars
    let end = scalars.lastIndex { !$0.isPythonSpace }.map(scalars.index(after:))
    let context = String(scalars[..<(end ?? scalars.startIndex)])
    let whole = try start(encode(answer.context + answer.continuation))
    if known?.context.isIdentical(to: context) != true {
      known = (context, try start(encode(context)))
    }
    let before = known?.tokens ?? []
    // As in lm-eval: the tokens of the context alone, also where a token of both together crosses its end;
    // and where both together have fewer tokens than it, nothing is left of the answer.
    return (before, Array(whole.dropFirst(before.count)))
  }

  /// The tokens of a text with the token that begins it, unless it begins with that one.
  private func start(_ tokens: [Int]) -> [Int] {
    guard bos, let token = beginning.token, tokens.first != token else { return tokens }
    return [token] + tokens
  }

  private func requiredPrefix(_ line: Int) throws(DataError) -> Int {
    guard let prefix else {
      throw DataError(
        "line \(line): nothing stands before an answer, and the model has no token that begins or ends "
          + "a text"
      )
    }
    return prefix
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.rstrip` takes it away.
  package var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}
