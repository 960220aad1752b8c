/// The passes over a token set in which predictions are gathered, one after another.
struct PredictionPasses {
  /// The most tokens of a pass: reading the weights once for so many costs little beside the arithmetic, and
  /// their hidden states, 1 GB in f32 for 4,096 channels, have room or wait on disk.
  static let tokensAtOnce = 1 << 16

  private let parts: [(tokens: TokenSet, start: Int)]

  /// Cuts a token set into passes, in the order of its windows.
  init(over tokens: TokenSet, ofAtMost most: Int) {
    var parts: [(tokens: TokenSet, start: Int)] = []
    var rest = tokens.windows[...]
    var start = 0
    while let first = rest.first {
      var (taken, count) = (1, first.tokens.count)
      for window in rest.dropFirst() {
        count += window.tokens.count
        guard count <= most else { break }
        taken += 1
      }
      let part = TokenSet(Array(rest.prefix(taken)), note: tokens.note)
      parts.append((part, start))
      start += part.targetCount
      rest = rest.dropFirst(taken)
    }
    self.parts = parts
  }

  var count: Int { parts.count }

  /// The tokens of a pass, and the place of their first target among all.
  subscript(_ index: Int) -> (tokens: TokenSet, start: Int) { parts[index] }

  /// The name of a pass's checkpoint.
  func checkpoint(_ index: Int) -> String { index == 0 ? "checkpoint" : "checkpoint-\(index)" }
}

extension TraversalMemory.Load {
  /// What one pass takes of it where predictions are gathered.
  package var inPredictionPasses: Self {
    let most = max(PredictionPasses.tokensAtOnce, window ?? 0)
    return Self(tokens: tokens.map { min($0, most) }, window: window)
  }
}
