import BillhookFiles
import BillhookTorch

/// Draws windows from several token sets by shares of tokens.
///
/// The next window always comes from the set that is furthest below its share so far, so every
/// beginning of the mixture has about these shares. Each set gives its windows in a random order of its
/// own, every one of them once before any of them again.
public struct TokenMixture: Sendable {
  /// The share of each set in the tokens; they add up to 1.
  public let shares: [Double]
  /// The number of tokens to reach; nil to end where a set is used up.
  public let tokens: Int?
  /// The seed of the random orders.
  public let seed: Int

  /// Makes a mixture.
  public init(shares: [Double], tokens: Int?, seed: Int) {
    self.shares = shares
    self.tokens = tokens
    self.seed = seed
  }

  /// The most windows that are drawn.
  public static let mostWindows = 10_000_000

  /// The windows in the order in which they are drawn.
  ///
  /// - Parameters:
  ///   - sets: The sets, as many as there are shares.
  ///   - names: What notes call them.
  ///   - between: Called now and then; what it throws ends the drawing.
  /// - Returns: The windows.
  /// - Throws: `DataError` when a set is empty or one of questions, or windows are more than
  ///   `mostWindows`; `TorchError` from libtorch; what `between` throws.
  public func drawn(
    from sets: [TokenSet],
    named names: [String],
    between: () throws -> Void = {}
  ) throws -> TokenSet {
    for (set, name) in zip(sets, names) {
      guard set.questions.isEmpty, !set.windows.isEmpty else {
        throw DataError("`\(name)` gives no windows to draw from")
      }
    }
    var orders = try sets.indices.map { try order(of: $0, round: 0, sets[$0]) }
    var (used, rounds) = (
      [Int](repeating: 0, count: sets.count), [Int](repeating: 0, count: sets.count)
    )
    var counts = used
    var windows: [TokenWindow] = []
    var sum = 0
    while tokens.map({ sum < $0 }) ?? true {
      // Of equal ones the first.
      let next = sets.indices.filter { shares[$0] > 0 }.min {
        (Double(counts[$0]) / shares[$0], $0) < (Double(counts[$1]) / shares[$1], $1)
      }
      guard let next else { break }
      if windows.count.isMultiple(of: 4096) { try between() }
      guard windows.count < Self.mostWindows else {
        throw DataError(
          "\(counted(tokens ?? sum, "token")) are more than \(Self.mostWindows) windows of this data; ask for "
            + "fewer, or cut longer windows"
        )
      }
      if used[next] == orders[next].count {
        guard tokens != nil else { break }
        rounds[next] += 1
        orders[next] = try order(of: next, round: rounds[next], sets[next])
        used[next] = 0
      }
      let window = sets[next].windows[orders[next][used[next]]]
      used[next] += 1
      counts[next] += window.tokens.count
      sum += window.tokens.count
      windows.append(window)
    }
    let parts = sets.indices.map { index -> String in
      let times = Double(rounds[index]) + Double(used[index]) / Double(orders[index].count)
      let again = times > 1 ? ", \(rounded(times)) times" : ""
      let share = 100 * Double(counts[index]) / Double(max(1, sum))
      return "\(names[index]) \(rounded(share)) % (\(sets[index].note)\(again))"
    }
    return TokenSet(windows, note: "\(counted(sum, "token")): " + parts.joined(separator: ", "))
  }

  private func order(of index: Int, round: Int, _ set: TokenSet) throws -> [Int] {
    let seed = RandomSeed(seed).derived("blend \(index) round \(round)")
    return try Generator(seed: seed.value).permutation(of: set.windows.count).integers()
  }
}
