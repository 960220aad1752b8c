import BillhookEngine
package import BillhookModels

/// What an allocation gives to whom.
package enum AllocatedShares: Sendable, Equatable {
  /// A share for each block of the opened model, by its number.
  case blocks([Double])
  /// A share for each projection.
  case matrices([WeightID: Double])

  /// The shares of blocks; nil where matrices have their own.
  package var ofBlocks: [Double]? { if case .blocks(let shares) = self { shares } else { nil } }
}

extension ProportionalAllocation {
  /// Why what it asks for cannot be measured; nil where it can.
  package var obstacle: String? {
    let other = evidence.first {
      !($0 is any ActivationEvidence || $0 is any WeightEvidence || $0 is any ProjectionEvidence)
    }
    guard let other else { return nil }
    return
      "asks for `\(type(of: other).name)`, but the share of a block can only depend on what runs "
      + "through blocks and on their weights: evidence that is an ActivationEvidence, a "
      + "WeightEvidence or a ProjectionEvidence"
  }

  /// The shares by what was kept.
  ///
  /// - Parameters:
  ///   - model: The model before anything goes.
  ///   - count: The number of blocks of the model as it was opened.
  ///   - store: Where it is kept what evidence found of weights.
  /// - Returns: The shares; nil where something has to be measured.
  /// - Throws: `BudgetError` for shares that cannot be used.
  package func keptShares(
    of model: LanguageModel,
    ofBlocks count: Int,
    keptIn store: any MeasurementStore
  ) throws -> AllocatedShares? {
    guard obstacle == nil, !evidence.contains(where: { $0 is any ActivationEvidence }) else {
      return nil
    }
    var statistics = Statistics()
    let gathering = WeightGathering(evidence, of: model, keptIn: store)
    guard try gathering.addKept(to: &statistics) else { return nil }
    return try shares(of: model, ofBlocks: count, statistics)
  }

  /// Measures what the allocation has to know of a model, and asks it for the shares.
  ///
  /// - Parameters:
  ///   - model: The model before anything goes.
  ///   - count: The number of blocks of the model as it was opened.
  ///   - tokens: The calibration set; may be nil where it needs no data.
  ///   - context: Where it runs.
  ///   - store: Where it is kept what evidence found of weights; nil for nowhere.
  ///   - folder: What a later call for the same goes on from; nil where nothing is kept.
  /// - Returns: A finite number of at least 0 for each block of the opened model, or for each matrix.
  /// - Throws: `BudgetError` for shares that cannot be used, what the evidence throws, and `Cancelled`.
  package func measuredShares(
    of model: LanguageModel,
    ofBlocks count: Int,
    on tokens: TokenSet?,
    _ context: RunContext,
    keptIn store: (any MeasurementStore)? = nil,
    in folder: PassFolder? = nil
  ) throws -> AllocatedShares {
    if let obstacle { throw BudgetError("\(label): \(obstacle)") }
    let owner = "the allocation `\(signature)`"
    let shown = evidence.filter { $0 is any ActivationEvidence }
    let weights = WeightGathering(evidence, of: model, keptIn: store)
    // Two passes over data would write how far they are into the same file.
    let pass = EvidencePass(
      shown,
      for: owner,
      of: model,
      on: tokens,
      context,
      in: weights.needsData ? nil : folder
    )
    do {
      var statistics = try pass.ofBlocks()
      try weights.add(to: &statistics, on: tokens, for: owner, context, in: folder)
      return try shares(of: model, ofBlocks: count, statistics)
    } catch {
      // Before the allocation is blamed for shares that are not numbers.
      try model.requireFiniteWeights()
      throw error
    }
  }

  private func shares(
    of model: LanguageModel,
    ofBlocks count: Int,
    _ statistics: Statistics
  ) throws(BudgetError) -> AllocatedShares {
    guard isOfMatrices, let allocation = self as? any MatrixAllocation else {
      return .blocks(try checkedShares(ofBlocks: count, statistics))
    }
    let matrices = model.projections
    let shares = try checked(matrices.map { "\($0)" }) {
      try allocation.shares(ofMatrices: matrices, statistics)
    }
    return .matrices(Dictionary(uniqueKeysWithValues: zip(matrices, shares)))
  }
}

extension ProportionalAllocation {
  /// The shares, when there is one that can be used for each block.
  ///
  /// - Parameters:
  ///   - count: The number of blocks of the model as it was opened.
  ///   - statistics: What the declared evidence found.
  /// - Returns: A finite number of at least 0 for each block.
  /// - Throws: `BudgetError` that says what is wrong.
  package func checkedShares(
    ofBlocks count: Int,
    _ statistics: Statistics
  ) throws(BudgetError) -> [Double] {
    try checked((0..<count).map { "block \($0)" }) {
      try shares(ofBlocks: count, statistics)
    }
  }

  /// The shares for an amount, when there is one that can be used for each block or matrix.
  ///
  /// - Throws: `BudgetError` that says what is wrong.
  func checkedShares(
    _ shares: [Double],
    of places: [String]? = nil,
    sizes: [Double],
    for amount: Double
  ) throws(BudgetError) -> [Double] {
    try checked(places ?? shares.indices.map { "block \($0)" }) {
      self.shares(shares, sizes: sizes, for: amount)
    }
  }

  private func checked(
    _ places: [String],
    _ answer: () throws -> [Double]
  ) throws(BudgetError) -> [Double] {
    let shares: [Double]
    do {
      shares = try answer()
    } catch let error as BudgetError {
      throw error
    } catch {
      throw BudgetError("\(label): \(error)")
    }
    guard shares.count == places.count else {
      let kind = isOfMatrices ? "matrices" : "blocks"
      throw BudgetError("\(label): gave \(shares.count) shares for \(places.count) \(kind)")
    }
    if let place = shares.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw BudgetError(
        "\(label): gave \(places[place]) the share \(shares[place]); expected a finite number from 0"
      )
    }
    return shares
  }
}
