/// A piece of a text that a model sees as one sequence, or several whole texts one after another, none
/// of which sees another.
public struct TokenWindow: Sendable, Hashable {
  /// The token ids.
  public let tokens: [Int]
  /// The first position whose token is predicted and counted; those before are context.
  ///
  /// At least 1, since nothing predicts the first token.
  public let firstTarget: Int
  /// The positions whose tokens count in the loss: ascending ranges that neither touch nor are empty.
  public let counted: [Range<Int>]
  /// The lengths of the texts, where there are several.
  ///
  /// They add up to the number of tokens. Positions begin anew with each of them.
  public let texts: [Int]

  /// Makes a window in which every token after the first `firstTarget` is predicted.
  public init(_ tokens: [Int], firstTarget: Int = 1) {
    self.tokens = tokens
    self.firstTarget = Swift.max(1, firstTarget)
    counted = self.firstTarget < tokens.count ? [self.firstTarget..<tokens.count] : []
    texts = []
  }

  /// Makes a window in which some tokens count; the first never does.
  ///
  /// - Parameters:
  ///   - tokens: The token ids.
  ///   - counts: Whether each token counts in the loss; as many as there are tokens.
  public init(_ tokens: [Int], counting counts: [Bool]) {
    self.init(tokens, counting: counts, texts: [])
  }

  /// Puts several windows into one, as texts that do not see each other.
  ///
  /// - Parameter windows: The windows, none of them empty; at least one.
  public init(packing windows: [TokenWindow]) {
    var counts: [Bool] = []
    for window in windows {
      let start = counts.count
      counts += repeatElement(false, count: window.tokens.count)
      for range in window.counted {
        for place in range { counts[start + place] = true }
      }
    }
    let texts = windows.flatMap { $0.texts.isEmpty ? [$0.tokens.count] : $0.texts }
    self.init(
      windows.flatMap(\.tokens),
      counting: counts,
      texts: texts.count > 1 ? texts : []
    )
  }

  private init(_ tokens: [Int], counting counts: [Bool], texts: [Int]) {
    self.tokens = tokens
    self.texts = texts
    var ranges: [Range<Int>] = []
    for (place, counts) in zip(tokens.indices, counts) where counts && place > 0 {
      if let last = ranges.last, last.upperBound == place {
        ranges[ranges.count - 1] = last.lowerBound..<place + 1
      } else {
        ranges.append(place..<place + 1)
      }
    }
    counted = ranges
    firstTarget = ranges.first?.lowerBound ?? Swift.max(1, tokens.count)
  }

  /// The number of tokens whose loss counts.
  public var targetCount: Int { counted.reduce(0) { $0 + $1.count } }

  /// Whether it is one text of which everything after some context counts.
  var isPlain: Bool {
    texts.isEmpty
      && (counted.isEmpty || counted.count == 1 && counted[0] == firstTarget..<tokens.count)
  }

  /// Whether both may run in one batch of a pass.
  func runs(like other: TokenWindow) -> Bool {
    guard tokens.count == other.tokens.count, isPlain == other.isPlain else { return false }
    return !isPlain || firstTarget == other.firstTarget
  }

  /// What is run to predict the window: everything but its last token, from which nothing is predicted.
  var withoutLastToken: TokenWindow {
    var rest = texts
    if let last = rest.popLast(), last > 1 { rest.append(last - 1) }
    return TokenWindow(Array(tokens.dropLast()), counting: [], texts: rest.count > 1 ? rest : [])
  }
}
