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
  public func batches(ofAtMost tokens: Int) -> [TokenBatch] {
    var batches: [TokenBatch] = []
    var rest = windows[...]
    while let first = rest.first {
      let alike = rest.prefix {
        $0.tokens.count == first.tokens.count && $0.firstTarget == first.firstTarget
      }
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

/// A piece of a text that a model sees as one sequence.
public struct TokenWindow: Sendable, Hashable {
  /// The token ids.
  public let tokens: [Int]
  /// The first position whose token is predicted and counted; those before are context.
  ///
  /// At least 1, since nothing predicts the first token.
  public let firstTarget: Int

  /// Makes a window in which every token after the first `firstTarget` is predicted.
  public init(_ tokens: [Int], firstTarget: Int = 1) {
    self.tokens = tokens
    self.firstTarget = Swift.max(1, firstTarget)
  }

  /// The number of tokens whose loss counts.
  public var targetCount: Int { Swift.max(0, tokens.count - firstTarget) }
}

/// Windows that run together.
public struct TokenBatch: Sendable, Equatable {
  /// The windows.
  public internal(set) var windows: [TokenWindow]

  /// The number of tokens in the longest window; shorter ones are padded after their end, which
  /// none of their tokens sees.
  public var length: Int { windows.map(\.tokens.count).max() ?? 0 }

  /// The number of tokens whose loss counts.
  public var targetCount: Int { windows.reduce(0) { $0 + $1.targetCount } }

  /// The token ids, row after row; 0 where a window is padded.
  var ids: [Int] {
    let length = length
    return windows.flatMap { window in
      window.tokens + [Int](repeating: 0, count: length - window.tokens.count)
    }
  }

  /// The positions, counted through all rows, that predict a token whose loss counts.
  var predictingPlaces: [Int] {
    let length = length
    return windows.enumerated().flatMap { row, window in
      (window.firstTarget..<max(window.firstTarget, window.tokens.count)).map {
        row * length + $0 - 1
      }
    }
  }

  /// The tokens that those positions predict.
  var targets: [Int] { windows.flatMap { $0.tokens.dropFirst($0.firstTarget) } }
}
