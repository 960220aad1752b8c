import BillhookFiles
public import BillhookModels
import BillhookTorch

/// Cuts documents into the windows that a model is run on.
public struct Windowing {
  let settings: WindowSettings
  let beginning: TextBeginning
  let end: Int?
  let encode: (String) throws -> [Int]
  /// Why the model has no token that begins a text although its configuration names one.
  package var beginningFault: String?
  /// What turns conversations into text, and how windows are made of them; nil where there are none.
  package var chat: (template: ChatTemplate, rules: ConversationRules)?
  /// Where each token of a text ends in its bytes, for what counts of conversations; nil where that is not
  /// known.
  package var ends: (_ tokens: [Int], _ text: [UInt8]) -> [Int]? = { _, _ in nil }

  /// Makes the rules for cutting windows.
  ///
  /// - Parameters:
  ///   - settings: How windows are cut.
  ///   - beginning: The token that begins a text.
  ///   - end: The id of the token that ends a text; nil when the model has none.
  ///   - encode: Turns text into token ids, without special tokens of its own.
  public init(
    _ settings: WindowSettings,
    beginning: TextBeginning,
    end: Int? = nil,
    encode: @escaping (String) throws -> [Int]
  ) {
    self.settings = settings
    self.beginning = beginning
    self.end = end
    self.encode = encode
  }

  /// The windows of some documents.
  ///
  /// - Throws: `DataError` when the documents give no window at all or fewer than asked for, or a
  ///   setting does not fit their kind; what `encode` throws.
  public func windows(of documents: [Document]) throws -> TokenSet {
    if let exchanges = try exchanges(among: documents) { return try windows(of: exchanges) }
    if let chat, let conversations = try conversations(among: documents) {
      return try windows(of: conversations, by: chat.template, chat.rules)
    }
    if let windows = try windows(among: documents) { return try enough(windows) }
    let bos = try beginningPlace(documents)
    let texts = try joined(documents).map { try stream($0, bos) }
    let windows =
      switch settings.windows {
      case .random: try random(texts, bos)
      case .consecutive: consecutive(texts, bos)
      }
    let tokens = TokenSet(windows, note: settings.note(bos: bos))
    guard !tokens.windows.isEmpty else {
      throw DataError(nothingToCut(documents, texts.map(\.tokens.count)))
    }
    return try enough(windows, tokens)
  }

  /// The set of some windows, which are at least as many as are asked for.
  func enough(_ windows: [TokenWindow], _ tokens: TokenSet? = nil) throws(DataError) -> TokenSet {
    if let samples = settings.samples, windows.count < samples {
      let found = counted(windows.count, "window")
      throw DataError("the data gives \(found), fewer than `samples = \(samples)`")
    }
    return tokens ?? TokenSet(windows, note: settings.note(bos: .nowhere))
  }

  /// The windows among documents, with token ids as windows; nil where there is none.
  ///
  /// - Throws: `DataError` when there is text among them, or a setting has no meaning for windows.
  private func windows(among documents: [Document]) throws(DataError) -> [TokenWindow]? {
    guard documents.contains(where: { if case .window = $0 { true } else { false } }) else {
      return nil
    }
    let windows = documents.compactMap { document -> TokenWindow? in
      switch document {
      case .window(let window): window
      case .tokens(let tokens, let firstTarget): TokenWindow(tokens, firstTarget: firstTarget)
      case .text, .exchange, .conversation: nil
      }
    }
    guard windows.count == documents.count else {
      throw DataError("a source gives either texts or token ids, not both")
    }
    let misplaced = [
      ("length", settings.length != nil), ("stride", settings.stride != nil),
      ("join", settings.join != nil), ("windows = random", settings.windows == .random),
      ("bos", settings.bos ?? .nowhere != .nowhere),
    ]
    for (name, isSet) in misplaced where isSet {
      throw DataError(
        "some lines hold several texts or parts that do not count, and such windows are taken as they "
          + "are; leave out `\(name)`"
      )
    }
    return Array(windows.prefix(settings.samples ?? Int.max))
  }

  /// Why documents with these numbers of tokens give no window, and what to do.
  private func nothingToCut(_ documents: [Document], _ counts: [Int]) -> String {
    guard let longest = counts.max(), documents.contains(where: { $0 != .text("") }) else {
      return "holds no text: there is nothing to cut windows from"
    }
    let tokens = counted(longest, "token")
    let found =
      counts.count == 1
      ? "the text has \(tokens)" : "the longest of \(counts.count) texts has \(tokens)"
    guard let length = settings.length, length > longest else {
      return longest < 2
        ? "\(found), and a window needs 2: one to predict from, and one to predict"
        : "\(found), all of them context (ids before a `|`): one at least has to follow, to be predicted"
    }
    return "\(found), a window \(length): choose a smaller `length`, or longer texts"
      + (counts.count > 1 && settings.join == nil ? " (`join` makes one text of them all)" : "")
  }

  /// Where the beginning token is put, given the kind of documents.
  private func beginningPlace(_ documents: [Document]) throws(DataError)
    -> WindowSettings.Beginning
  {
    var hasTokens = false
    var hasContext = false
    for case .tokens(_, let firstTarget) in documents {
      hasTokens = true
      hasContext = hasContext || firstTarget > 1
    }
    if hasTokens, settings.bos == .first {
      throw DataError("token ids are taken as they are; leave out `bos = first`")
    }
    if hasTokens, settings.join != nil {
      throw DataError("token ids are not joined; leave out `join`")
    }
    if hasContext, settings.length != nil {
      throw DataError(
        "some lines hold context (ids before a `|`), and such windows are not cut again; leave out "
          + "`length`"
      )
    }
    let place = settings.beginning(ofText: !hasTokens, isAdded: beginning.isAdded)
    if place != .nowhere, beginning.token == nil {
      let reason = beginningFault.map { " (\($0))" } ?? ""
      throw DataError("the model has no token that begins a text\(reason); set `bos = none`")
    }
    return place
  }

  /// One text as tokens, with the beginning token if it is put before the whole text.
  private func stream(
    _ document: Document,
    _ bos: WindowSettings.Beginning
  ) throws -> (tokens: [Int], firstTarget: Int) {
    switch document {
    case .tokens(let tokens, let firstTarget):
      return (tokens, firstTarget)
    case .window(let window):
      return (window.tokens, window.firstTarget)
    case .conversation:
      throw DataError("conversations need a chat template")
    case .text(let text), .exchange(let text, _, _):
      let start = bos == .first ? beginning.token.map { [$0] } ?? [] : []
      return (start + (try encode(text)), 1)
    }
  }

  private func joined(_ documents: [Document]) -> [Document] {
    guard let join = settings.join else { return documents }
    let texts = documents.compactMap { document in
      if case .text(let text) = document { text } else { String?.none }
    }
    return texts.count == documents.count ? [.text(texts.joined(separator: join))] : documents
  }

  /// A window of tokens whose first `context` are not counted; a beginning token shifts them by
  /// one.
  private func window(
    _ tokens: ArraySlice<Int>,
    context: Int,
    _ bos: WindowSettings.Beginning
  ) -> TokenWindow {
    guard bos == .every, let beginning = beginning.token else {
      return TokenWindow(Array(tokens), firstTarget: context)
    }
    return TokenWindow([beginning] + tokens, firstTarget: context > 0 ? context + 1 : 1)
  }

  /// Cuts windows one after another.
  ///
  /// The rest of a text that does not fill a window is dropped, unless windows overlap; then the
  /// last one ends with the text and is shorter, as in the sliding window of transformers.
  private func consecutive(
    _ texts: [(tokens: [Int], firstTarget: Int)],
    _ bos: WindowSettings.Beginning
  ) -> [TokenWindow] {
    var windows: [TokenWindow] = []
    let limit = settings.samples ?? Int.max
    for (tokens, firstTarget) in texts where windows.count < limit {
      guard let length = settings.length else {
        windows.append(window(tokens[...], context: firstTarget > 1 ? firstTarget : 0, bos))
        continue
      }
      let step = settings.stride ?? length
      var counted = 0
      var start = 0
      while start < tokens.count, windows.count < limit {
        let end = min(start + length, tokens.count)
        guard end - start == length || step < length else { break }
        // Tokens that an earlier window counted are context here.
        windows.append(window(tokens[start..<end], context: max(0, counted - start), bos))
        counted = end
        guard end < tokens.count else { break }
        start += step
      }
    }
    return windows
  }

  /// Cuts windows at random positions of random texts; no text is used twice while others are left.
  private func random(
    _ texts: [(tokens: [Int], firstTarget: Int)],
    _ bos: WindowSettings.Beginning
  ) throws -> [TokenWindow] {
    guard let length = settings.length, let samples = settings.samples else { return [] }
    let usable = texts.map(\.tokens).filter { $0.count >= length }
    guard !usable.isEmpty else { return [] }
    let generator = try Generator(seed: UInt64(settings.seed ?? 0))
    var unused = NumbersLeft(0)
    return try (0..<samples).map { _ in
      if unused.count == 0 { unused = NumbersLeft(usable.count) }
      let tokens = usable[unused.take(at: try generator.integer(in: 0..<unused.count))]
      let start = try generator.integer(in: 0..<tokens.count - length + 1)
      return window(tokens[start..<start + length], context: 0, bos)
    }
  }
}

/// Why data cannot be used.
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was expected, what was found, and where it helps, what to do.
  public let description: String

  /// An error about data.
  public init(_ description: String) { self.description = description }
}
