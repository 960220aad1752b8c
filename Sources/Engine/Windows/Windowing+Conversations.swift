import BillhookFiles
import BillhookJinja
import BillhookModels

extension Windowing {
  /// The conversations among documents; nil where they are of another kind.
  ///
  /// - Throws: `DataError` when they are of several kinds, or a setting has no meaning for
  ///   conversations.
  func conversations(among documents: [Document]) throws(DataError) -> [Conversation]? {
    let found = documents.compactMap { document -> Conversation? in
      if case .conversation(let conversation) = document { conversation } else { nil }
    }
    guard !found.isEmpty else { return nil }
    guard found.count == documents.count else {
      throw DataError("a source gives either texts or conversations, not both")
    }
    if let problem = settings.problem(with: chat?.rules ?? ConversationRules()) {
      throw DataError("`\(problem.parameter ?? "data")`: \(problem.message)")
    }
    return found
  }

  /// The windows of some conversations: one each, or as many in each as have room.
  func windows(
    of conversations: [Conversation],
    by template: ChatTemplate,
    _ rules: ConversationRules
  ) throws -> TokenSet {
    var windows: [TokenWindow] = []
    var (cut, dropped, silent) = (0, 0, 0)
    let length = settings.length ?? .max
    // Packing fills a window only when it has seen what else fits.
    let most = rules.packs ? Int.max : settings.samples ?? .max
    for conversation in conversations where windows.count < most {
      var window: TokenWindow
      do {
        window = try self.window(of: conversation, by: template, rules)
      } catch let error as FileError {
        throw DataError("line \(conversation.line): \(error)")
      }
      if window.tokens.count > length {
        guard rules.excess == .cut else {
          dropped += 1
          continue
        }
        cut += 1
        window = window.prefix(length)
      }
      if window.targetCount == 0 { silent += 1 } else { windows.append(window) }
    }
    if rules.packs {
      windows = Self.packed(windows, length)
      windows = Array(windows.prefix(settings.samples ?? .max))
    }
    var parts = [settings.length.map { "length \($0)" } ?? "whole conversations"]
    if rules.packs { parts.append("packed") }
    parts.append(rules.loss == .answers ? "loss on answers" : "loss on all")
    for (count, what) in [
      (cut, "cut"), (dropped, "too long and left out"), (silent, "without a token that counts"),
    ] where count > 0 {
      parts.append("\(count) of \(conversations.count) \(what)")
    }
    guard !windows.isEmpty else {
      throw DataError(
        "no conversation gives a window: \(parts.dropFirst().joined(separator: ", ")); choose a larger "
          + "`length`, or look at the roles"
      )
    }
    return try enough(windows, TokenSet(windows, note: parts.joined(separator: ", ")))
  }

  /// Puts windows together, each into the first that has room for it.
  private static func packed(_ windows: [TokenWindow], _ length: Int) -> [TokenWindow] {
    var bins: [[TokenWindow]] = []
    var fit = FirstFit(pieces: windows.count, size: length)
    for window in windows {
      let bin = fit.put(window.tokens.count)
      if bin == bins.count { bins.append([]) }
      bins[bin].append(window)
    }
    return bins.map { TokenWindow(packing: $0) }
  }

  /// The window of a conversation.
  func window(
    of conversation: Conversation,
    by template: ChatTemplate,
    _ rules: ConversationRules
  ) throws -> TokenWindow {
    guard rules.loss == .answers else {
      let text = try template.render(
        conversation.messages,
        tools: conversation.tools,
        prompting: false
      ).text
      return TokenWindow(try encode(text))
    }
    let text = try template.text(of: conversation)
    let tokens = try encode(text.text)
    var counts = [Bool](repeating: false, count: tokens.count)
    let bytes = Array(text.text.utf8)
    let ends = ends(tokens, bytes)
    for answer in text.answers {
      let start = try place(answer.start, bytes, tokens, ends)
      let end = try place(answer.end, bytes, tokens, ends)
      let last = end.isInside && answer.takesLastToken ? end.index + 1 : end.index
      for index in start.index..<max(start.index, min(last, tokens.count)) { counts[index] = true }
    }
    return TokenWindow(tokens, counting: counts)
  }

  /// The first token that does not end before a place in the text, and whether it begins before.
  ///
  /// Where the ends of tokens are not known, the text up to there is taken to have the same tokens, but
  /// for one that goes on.
  private func place(
    _ end: Int,
    _ text: [UInt8],
    _ tokens: [Int],
    _ ends: [Int]?
  ) throws -> (index: Int, isInside: Bool) {
    guard end < text.count else { return (tokens.count, false) }
    if let ends {
      let index = ends.firstIndex { $0 > end } ?? tokens.count
      return (index, index < tokens.count && (index == 0 ? 0 : ends[index - 1]) < end)
    }
    let before = try encode(String(decoding: text[..<end], as: UTF8.self))
    let index = zip(before, tokens).prefix { $0 == $1 }.count
    return (index, index < before.count)
  }
}

extension WindowSettings {
  /// Why conversations cannot become windows so; nil where they can.
  package func problem(with rules: ConversationRules) -> ParameterProblem? {
    let misplaced = [
      ("stride", stride != nil), ("join", join != nil), ("windows", windows == .random),
      ("bos", bos != nil),
    ]
    if let name = misplaced.first(where: \.1)?.0 {
      return ParameterProblem(
        name,
        name == "bos"
          ? "the chat template says where the token that begins a text goes; leave it out"
          : "conversations are kept whole; leave it out"
      )
    }
    guard length == nil else { return nil }
    if rules.packs {
      return ParameterProblem("packing", "fills windows, so their `length` is needed")
    }
    guard rules.excess == .drop else { return nil }
    return ParameterProblem("too_long", "leaves out what exceeds a window, so a `length` is needed")
  }
}

extension TokenWindow {
  /// The window's first tokens.
  fileprivate func prefix(_ count: Int) -> TokenWindow {
    var counts = [Bool](repeating: false, count: min(count, tokens.count))
    for place in counted.joined() where place < counts.count { counts[place] = true }
    return TokenWindow(Array(tokens.prefix(count)), counting: counts)
  }
}
