import BillhookFiles

extension LanguageModel {
  /// Cautions about programs other than transformers, for the model saved with an architecture:
  /// what they refuse, and what they silently compute differently.
  ///
  /// - Parameters:
  ///   - architecture: The architecture that its `config.json` will name.
  ///   - isCertain: Whether the model is the one that will be saved; where scores decide which
  ///     blocks are removed, only their number is known.
  /// - Returns: What these programs would make of it, with changes that would suit them too.
  public func cautions(
    savedAs architecture: SavedArchitecture,
    isCertain: Bool = true
  ) -> [SavingProblem] {
    cautions(savedAs: architecture, by: OutsideReader.all, isCertain: isCertain)
  }

  /// The same about some programs only.
  func cautions(
    savedAs architecture: SavedArchitecture,
    by programs: [OutsideReader],
    isCertain: Bool = true
  ) -> [SavingProblem] {
    let codes = programs.flatMap(codesCautions)
    let name: String
    switch architecture {
    // No other program runs the code beside the weights.
    case .custom: return []
    case .nemotronNAS:
      // Where scores decide which attentions go, nobody knows which block is without one.
      return [isCertain ? nemotronCaution(programs) : nil].compactMap { $0 } + codes
    case .mistral: name = Family.mistral.architecture
    case .family: name = configuration.architecture
    }
    let windows = countingCaution(
      programs,
      { $0.seeingWindows },
      by: { $0.countsWindows[name] },
      isCertain: isCertain,
      "`layer_types`, decides whether it has full attention (one of"
    )
    let rotary = countingCaution(
      programs,
      { $0.areRotary },
      by: { $0.countsRotary[name] },
      isCertain: isCertain,
      "`no_rope_layers`, decides whether it applies rotary embedding (all but one of"
    )
    return [headSizeCaution(programs, name), windows, rotary].compactMap { $0 } + codes
  }

  /// What programs that count blocks make of a file that lists which of them have windows; nil where that
  /// is the same.
  func listedWindowsCaution(isCertain: Bool) -> SavingProblem? {
    // As wide a window as the sequences are is none, where all blocks have the same rotary positions.
    let kinds = Set(blocks.compactMap { $0.attention?.rotary })
    guard blocks.seeingWindows.contains(true) || kinds.count > 1 || !isCertain else { return nil }
    return countingCaution(
      [.countingLlamaCpp],
      { $0.seeingWindows },
      by: { $0.countsWindows[configuration.architecture] },
      isCertain: isCertain,
      "the file's list, decides whether it has full attention (one of"
    )
  }

  /// What a program that opens weights in codes makes of those that it does not compute with.
  private func codesCautions(_ program: OutsideReader) -> [SavingProblem] {
    let schemes = schemes
    guard !schemes.isEmpty else { return [] }
    let name = program.runtime.name
    switch program.codes {
    case .all, .none: return []
    case .kernels(let groups):
      var problems: [SavingProblem] = []
      if schemes.values.contains(where: { !$0.isSymmetric }) {
        problems.append(
          SavingProblem(
            "\(name) computes with symmetric codes: it refuses others, and versions of 2025 make nonsense of "
              + "them; set `symmetric = true`"
          )
        )
      }
      let others = Set(schemes.values.compactMap(\.group)).subtracting(groups).sorted()
      if let other = others.first {
        let known = groups.map(String.init).joined(separator: ", ")
        problems.append(
          SavingProblem(
            "\(name) computes with groups of \(known) inputs or of whole rows, and codes here have groups of "
              + "\(other); set `group = \(groups.last ?? other)`"
          )
        )
      }
      return problems + (joinedCaution(name, schemes).map { [$0] } ?? [])
    }
  }

  /// A caution about a program that joins projections of one input, which it can do when all of them are in
  /// codes, or none.
  private func joinedCaution(
    _ name: String,
    _ schemes: [WeightID: QuantisationScheme]
  ) -> SavingProblem? {
    let joined: [[WeightRole]] = [[.query, .key, .value], [.gate, .up]]
    for block in blocks {
      for roles in joined {
        let own = configuration.weights(of: block).map(\.id).filter { roles.contains($0.role) }
        let dense = own.filter { schemes[$0] == nil }
        guard !dense.isEmpty, dense.count < own.count else { continue }
        let names = roles.map(\.rawValue).joined(separator: ", ")
        return SavingProblem(
          "\(name) joins \(names) of a block, and refuses it where only some of them are in codes; name all "
            + "of them in `targets`, or none"
        )
      }
    }
    return nil
  }

  /// What programs made for Nemotron-NAS refuse of one that lacks some attentions.
  private func nemotronCaution(_ programs: [OutsideReader]) -> SavingProblem? {
    guard let reader = programs.first(where: \.needsFirstAttention), blocks[0].attention == nil
    else { return nil }
    return SavingProblem(
      "\(reader.runtime.name) does not open a Nemotron-NAS whose first block has no attention, and block "
        + "\(blocks[0].sourceIndex) has none",
      .firstAttention
    )
  }

  private func headSizeCaution(_ programs: [OutsideReader], _ name: String) -> SavingProblem? {
    guard let attention = blocks.compactMap(\.attention).first else { return nil }
    let (heads, size) = (attention.queryHeads, configuration.hiddenSize)
    let readers = programs.filter {
      $0.dividesForHeadSize.contains(name)
    }
    guard !readers.isEmpty, attention.headSize * heads != size else { return nil }
    let before = opened.blocks.compactMap(\.attention).first?.queryHeads ?? heads
    let reason =
      "\(readers.names) take\(readers.count == 1 ? "s" : "") the head size of "
      + "\(configuration.wholeArchitecture.withArticle) from the hidden size, \(size) by \(heads) heads, "
      + "and not from `head_dim`, \(attention.headSize), so they cannot load the saved model"
    return before != heads && attention.headSize * before == size
      ? SavingProblem(reason, .allHeads(before)) : SavingProblem(reason)
  }

  /// A caution about programs that find the last of every period of blocks by counting.
  private func countingCaution(
    _ programs: [OutsideReader],
    _ kinds: ([BlockShape]) -> [Bool],
    by counting: (OutsideReader) -> OutsideReader.Counting?,
    isCertain: Bool,
    _ what: String
  ) -> SavingProblem? {
    let before = kinds(opened.blocks)
    let kinds = kinds(blocks)
    guard kinds.count != before.count, Set(before).count == 2 else { return nil }
    let pattern = kinds.fullAttentionPeriod ?? before.fullAttentionPeriod
    let wrong = programs.filter { reader in
      guard let counting = counting(reader) else { return false }
      let period = counting.readsPattern ? pattern ?? counting.period : counting.period
      return !isCertain || !kinds.isFull(everyLastOf: period)
    }
    guard let period = wrong.compactMap({ counting($0)?.period }).first else {
      return nil
    }
    let run = 2 * period <= before.count ? period..<2 * period : 0..<period
    let isOrMayBe = isCertain ? "is" : "may, depending on which blocks go, be"
    return SavingProblem(
      "the saved \(configuration.wholeArchitecture) \(isOrMayBe) a different model"
        + " in \(wrong.names), where a block's number, not \(what) \(period))",
      .wholePeriods(
        of: period,
        such: run.lowerBound...run.upperBound - 1,
        orAllAfter: blocks.count
      )
    )
  }
}

extension [OutsideReader] {
  /// The programs' names in a sentence.
  fileprivate var names: String {
    let names = map(\.name)
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}
