import BillhookEngine
package import BillhookModels

extension SparseSetting {
  /// The memory of choosing masks beside what measuring takes, in bytes: the weights, the values and the
  /// mask of what is chosen together, and a matrix more while the lowest are looked for; then what the repair
  /// takes.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - share: The share of the weights that is zero afterwards, from 0 to 1.
  /// - Returns: The bytes, about.
  package func bytes(on model: LanguageModel, removing share: Double) -> Int {
    let blocks = model.blocks.map { block in
      let sizes = model.configuration.weights(of: block).filter { unit.roles.contains($0.id.role) }
        .map { $0.shape.reduce(1, *) }
      let together =
        unit.pattern == nil && (group == .block || group == .module)
        ? sizes.reduce(0, +) : sizes.max() ?? 0
      let masks = sizes.reduce(0, +)
      return 4 * 4 * together + masks + (repair == nil ? 0 : 4 * sizes.reduce(0, +))
    }
    return (blocks.max() ?? 0) +| unit.bytes(of: repair, on: model, removing: share)
  }

  /// Why nothing at all goes of some group, or all of it; nil where something goes and something stays.
  ///
  /// - Parameters:
  ///   - shares: How much of each block or matrix goes.
  ///   - model: The model.
  ///   - open: The units whose number in each block is not known yet.
  ///   - isMeasured: Whether an allocation measured the shares, of which some may be as small as nothing.
  /// - Returns: What is wrong, to be read after the amount.
  package func fault(
    of shares: SparseShares,
    on model: LanguageModel,
    open: Set<UnitGranularity> = [],
    isMeasured: Bool = false
  ) -> String? {
    guard unit.pattern == nil else { return nil }
    let rule = MaskRule(pattern: nil, group: group, rounding: unit.rounding)
    for (id, shape) in model.configuration.allWeights where unit.roles.contains(id.role) {
      guard let percent = shares.percent(of: id), percent > 0,
        !open.contains(id.role.isOfAttention ? .heads : .channels)
      else { continue }
      let (size, name): (Int, String) =
        switch group {
        case .row: (shape[1], "a row of \(id)")
        case .column: (shape[0], "a column of \(id)")
        case .matrix, .module, .block, .model: (shape.reduce(1, *), "\(id)")
        }
      let count = rule.count(of: size, percent)
      if count == 0, !isMeasured {
        return
          "comes to nothing: \(name) has \(size) weights, of which \(rounded(percent)) % are less "
          + "than one; remove more, or write `rounding = nearest` or `group = matrix`"
      }
      if count == size {
        return
          "leaves nothing: \(name) has \(size) weights, and \(rounded(percent)) % of them, rounded, are "
          + "all; remove less"
          + (unit.rounding == .down ? "" : ", or write `rounding = down` or `group = matrix`")
      }
    }
    return nil
  }

  /// The floating-point operations of a pass, about.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The number of calibration tokens; nil where only the data tells.
  ///   - share: The share of the weights that is zero afterwards, from 0 to 1.
  /// - Returns: What running and measuring takes, nil where that is not known; and what solving takes.
  package func operations(
    on model: LanguageModel,
    tokens: Int?,
    removing share: Double
  ) -> (measuring: Double?, solving: Double) {
    let weights = model.configuration.allWeights.filter { $0.id.role.kind == .projection }
      .reduce(0.0) { $0 + Double($1.shape.reduce(1, *)) }
    let (products, solving) = unit.operations(
      of: repair,
      measuring: evidence,
      on: model,
      removing: share
    )
    let runs: Double =
      if needsGradients {
        3
      } else {
        switch order {
        case .none: 1
        case .block: 2
        case .module: 3
        case .stage: 5
        }
      }
    guard !evidence.isEmpty else { return (0, solving) }
    return (tokens.map { Double($0) * (2 * runs * weights + products) }, solving)
  }

  /// Why calibration data is too little to tell all inputs of a projection apart; nil where it is not,
  /// and where only single inputs are measured.
  package func shortage(on model: LanguageModel, tokens: Int) -> String? {
    unit.shortage(of: evidence, on: model, tokens: tokens)
  }

  /// In which order the model is measured and masked, in a few words.
  package var orderText: String {
    if evidence.isEmpty { return "nothing; the weights alone decide" }
    switch order {
    case .none: return "all blocks before any is masked"
    case .block: return "each block after those before it are masked"
    case .module: return "each attention and each MLP after what comes before it is masked"
    case .stage: return "each projection after what comes before it is masked"
    }
  }
}

extension SparseUnit {
  /// What products of inputs and a repair take of floating-point operations, about.
  ///
  /// - Parameters:
  ///   - repair: What adjusts the weights that stay; nil for nothing.
  ///   - evidence: What is measured, with what the repair measures.
  ///   - model: The model.
  ///   - share: The share of the weights that is zero afterwards.
  /// - Returns: What the products take for each token, and what solving takes.
  func operations(
    of repair: (any Repair)?,
    measuring evidence: [any Evidence],
    on model: LanguageModel,
    removing share: Double
  ) -> (products: Double, solving: Double) {
    var (products, solving) = (0.0, 0.0)
    let isSolved = evidence.contains { $0 is InputGram }
    var inputs: Set<WeightID> = []
    for (id, shape) in model.configuration.allWeights where id.role.kind == .projection {
      let columns = Double(shape[1])
      if isSolved, inputs.insert(WeightID(id.role.input, block: id.block)).inserted {
        products += columns * columns
        // Two Cholesky factors of a third each, and an inverse of two thirds.
        solving += 4 / 3 * columns * columns * columns
      }
      guard roles.contains(id.role), let repair else { continue }
      solving += repair.operations(rows: shape[0], columns: shape[1], removing: share)
    }
    return (products, solving)
  }

  /// The most memory that a repair takes for one projection, in bytes, about; 0 without one.
  func bytes(
    of repair: (any Repair)?,
    on model: LanguageModel,
    removing share: Double
  ) -> Int {
    guard let repair else { return 0 }
    return model.configuration.allWeights.filter { roles.contains($0.id.role) }
      .map { repair.bytes(rows: $0.shape[0], columns: $0.shape[1], removing: share) }.max() ?? 0
  }

  /// Why calibration data is too little to tell all inputs of a projection apart; nil where it is not,
  /// and where only single inputs are measured.
  func shortage(of evidence: [any Evidence], on model: LanguageModel, tokens: Int) -> String? {
    guard evidence.contains(where: { $0 is InputGram }) else { return nil }
    let widest = model.configuration.allWeights
      .filter { roles.contains($0.id.role) && $0.shape[1] > tokens }
      .max { $0.shape[1] < $1.shape[1] }
    guard let (id, shape) = widest else { return nil }
    return "\(tokens) calibration tokens cannot tell the \(shape[1]) inputs of \(id) apart, so the "
      + "damping decides much of what stays; use more `samples`"
  }
}
