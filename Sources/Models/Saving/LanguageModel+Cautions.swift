extension LanguageModel {
  /// What other programs than transformers make of the model when it is saved with an architecture:
  /// what they refuse, and what they compute otherwise without a word.
  ///
  /// - Parameters:
  ///   - architecture: What its `config.json` says that it is.
  ///   - isCertain: Whether the model is the one that will be saved; where scores decide which blocks
  ///     go, only their number is known.
  /// - Returns: A sentence each, with what would serve them too.
  public func cautions(savedAs architecture: SavedArchitecture, isCertain: Bool = true) -> [String]
  {
    guard architecture == .family else { return [] }
    return [headSizeCaution, windowCaution(isCertain: isCertain)].compactMap { $0 }
  }

  private var headSizeCaution: String? {
    guard let attention = blocks.compactMap(\.attention).first else { return nil }
    let (heads, size) = (attention.queryHeads, configuration.hiddenSize)
    let readers = OutsideReader.all.filter {
      $0.dividesForHeadSize.contains(configuration.architecture)
    }
    guard !readers.isEmpty, attention.headSize * heads != size else { return nil }
    let before = opened.blocks.compactMap(\.attention).first?.queryHeads ?? heads
    let remedy =
      before != heads && attention.headSize * before == size
      ? "; for them, keep all \(before) heads" : ""
    return "\(readers.names) take\(readers.count == 1 ? "s" : "") the head size of a "
      + "\(configuration.architecture) from the hidden size, \(size) by \(heads) heads, and not from "
      + "`head_dim`, \(attention.headSize), so they cannot load the saved model\(remedy)"
  }

  private func windowCaution(isCertain: Bool) -> String? {
    let name = configuration.architecture
    let kinds = blocks.seeingWindows
    let before = opened.blocks.seeingWindows
    guard kinds.count != before.count, Set(before).count == 2 else { return nil }
    let pattern = kinds.fullAttentionPeriod ?? before.fullAttentionPeriod
    let wrong = OutsideReader.all.filter { reader in
      guard let counting = reader.countsWindows[name] else { return false }
      let period = counting.readsPattern ? pattern ?? counting.period : counting.period
      return !isCertain || !kinds.isFull(everyLastOf: period)
    }
    guard let period = wrong.compactMap({ $0.countsWindows[name]?.period }).first else {
      return nil
    }
    let run = 2 * period <= before.count ? period..<2 * period : 0..<period
    return "the saved \(name) \(isCertain ? "is" : "may be, as the scores fall,") another model in "
      + "\(wrong.names), where not `layer_types` but the number of a block says whether it sees everything "
      + "(one of \(period)); the pattern stays whole if \(period) neighbours go at a time, such as "
      + "`remove [\(run.lowerBound)..\(run.upperBound - 1)]`, or the last blocks, by "
      + "`keep first \(blocks.count)`"
  }
}

extension [OutsideReader] {
  /// Their names in a sentence.
  fileprivate var names: String {
    let names = map(\.name)
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
