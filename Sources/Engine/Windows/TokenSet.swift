/// Token windows that a model is run on, all from one data source.
public struct TokenSet: Sendable, Equatable {
  /// The windows, in the order in which they are run.
  public let windows: [TokenWindow]
  /// How they were cut, in words, for reports: length, stride, BOS.
  public let note: String
  /// The questions whose answers the windows are; empty for text.
  public internal(set) var questions: [TokenQuestion] = []
  /// How many of these answers lost tokens at the left, because they are longer than the model's
  /// sequences.
  package internal(set) var truncatedCount = 0

  /// Makes a set of windows; those without a token to predict are left out.
  public init(_ windows: [TokenWindow], note: String) {
    self.windows = windows.filter { $0.targetCount > 0 }
    self.note = note
  }

  /// The number of tokens whose loss counts.
  public var targetCount: Int { windows.reduce(0) { $0 + $1.targetCount } }

  /// Groups neighbouring windows of the same form into batches of at most `tokens` tokens, but at
  /// least one window; the sizes of batches of the same form differ by at most one window.
  ///
  /// Windows that hold several texts, or context after a counted token, are of one form where they have
  /// the same length.
  public func batches(ofAtMost tokens: Int) -> [TokenBatch] {
    var batches: [TokenBatch] = []
    var rest = windows[...]
    while let first = rest.first {
      let alike = rest.prefix { $0.runs(like: first) }
      rest = rest.dropFirst(alike.count)
      let atMost = max(1, tokens / first.tokens.count)
      let count = (alike.count + atMost - 1) / atMost
      for index in 0..<count {
        let (start, end) = (index * alike.count / count, (index + 1) * alike.count / count)
        let part = alike.dropFirst(start).prefix(end - start)
        batches.append(TokenBatch(windows: Array(part)))
      }
    }
    return batches
  }
}

/// Windows that run together.
public struct TokenBatch: Sendable, Equatable {
  /// The windows.
  public internal(set) var windows: [TokenWindow]

  /// The number of tokens in the longest window; shorter ones are padded after their end, which
  /// none of their tokens sees.
  public var length: Int { windows.reduce(0) { max($0, $1.tokens.count) } }

  /// The number of tokens whose loss counts.
  public var targetCount: Int { windows.reduce(0) { $0 + $1.targetCount } }

  /// The token ids, row after row; 0 where a window is padded.
  var ids: [Int] {
    let length = length
    var ids: [Int] = []
    ids.reserveCapacity(length * windows.count)
    for window in windows {
      ids += window.tokens
      ids += repeatElement(0, count: length - window.tokens.count)
    }
    return ids
  }

  /// The positions, counted through all rows, that predict a token whose loss counts.
  var predictingPlaces: [Int] {
    let length = length
    return windows.enumerated().flatMap { row, window in
      window.counted.flatMap { $0.map { row * length + $0 - 1 } }
    }
  }

  /// The lengths of the texts in each row, padding as a text of its own; empty where each row is one
  /// text.
  var texts: [[Int]] {
    guard windows.contains(where: { !$0.texts.isEmpty }) else { return [] }
    let length = length
    return windows.map { window in
      let padding = length - window.tokens.count
      return (window.texts.isEmpty ? [window.tokens.count] : window.texts)
        + (padding > 0 ? [padding] : [])
    }
  }

  /// The tokens that those positions predict.
  var targets: [Int] { windows.flatMap { window in window.counted.flatMap { window.tokens[$0] } } }
}
