import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// What is quantised, and by whom.
package struct Quantising: Sendable {
  /// How weights become codes.
  package let settings: QuantisingSettings
  /// What chooses the codes.
  package let quantiser: any Quantiser
  /// The blocks in which nothing is quantised.
  package let keep: Keep

  /// Puts them together.
  package init(_ settings: QuantisingSettings, by quantiser: any Quantiser, keep: Keep) {
    self.settings = settings
    self.quantiser = quantiser
    self.keep = keep
  }

  /// What is measured.
  package var evidence: [any Evidence] { quantiser.evidence }

  /// The projections of a model that are quantised.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  /// - Returns: Each with its shape.
  package func targets(
    in model: LanguageModel,
    openedBlocks: Int
  ) -> [(id: WeightID, shape: [Int])] {
    model.configuration.allWeights.filter { isTarget($0.id, openedBlocks) }
  }

  private func isTarget(_ id: WeightID, _ openedBlocks: Int) -> Bool {
    settings.roles.contains(id.role)
      && id.block.map { !keep.contains($0, of: openedBlocks) } ?? false
  }

  /// The number of blocks of a model in which something is quantised.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  /// - Returns: The number.
  package func blockCount(in model: LanguageModel, openedBlocks: Int) -> Int {
    Set(targets(in: model, openedBlocks: openedBlocks).compactMap(\.id.block)).count
  }

  // MARK: What cannot be

  /// Why a model cannot be quantised so, and what can be done; nil where it can.
  package func obstacle(on model: LanguageModel, openedBlocks: Int) -> String? {
    obstacleOfAnyWidth(on: model, openedBlocks: openedBlocks)
      ?? obstacle(ofWidthsOf: model, openedBlocks: openedBlocks)
  }

  /// Why a model cannot be quantised so whatever its widths are, and what can be done; nil where it can.
  package func obstacleOfAnyWidth(on model: LanguageModel, openedBlocks: Int) -> String? {
    if let whole = model.configuration.imageModel {
      return "the text model of \(whole.withArticle) has no codes here; quantise a text model"
    }
    guard !targets(in: model, openedBlocks: openedBlocks).isEmpty else {
      return "`targets` and `keep` leave nothing to quantise"
    }
    if let shared = model.splitTensor(quantising: settings.roles) {
      let names = shared.map(\.rawValue).joined(separator: ", ")
      let name = model.configuration.architecture
      return "\(names) share one tensor in the files of \(name.withArticle), so they are quantised "
        + "together: name all of them in `targets`, or none"
    }
    return nil
  }

  /// Which widths of a model cannot be packed, and what can be done; nil where all can.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  ///   - open: The units whose number in each block is not known yet: widths that follow from them are
  ///     passed over.
  ///   - areBlocksKnown: Whether the blocks of the model are those that will be left; where they are not, only
  ///     what holds of all of them counts.
  /// - Returns: A sentence.
  package func obstacle(
    ofWidthsOf model: LanguageModel,
    openedBlocks: Int,
    open: Set<UnitGranularity> = [],
    areBlocksKnown: Bool = true
  ) -> String? {
    let targets = model.configuration.allWeights.filter { id, _ in
      areBlocksKnown
        ? isTarget(id, openedBlocks) : settings.roles.contains(id.role) && id.block != nil
    }
    for (id, shape) in targets {
      guard let obstacle = settings.scheme.obstacle(to: shape) else { continue }
      let alike = areBlocksKnown ? [] : targets.filter { $0.id.role == id.role }
      guard alike.allSatisfy({ settings.scheme.obstacle(to: $0.shape) != nil }) else { continue }
      let width = QuantisedWidth(obstacle, of: id.role)
      if width.units.map(open.contains) == true { continue }
      return width.text(id, among: targets.map(\.shape), in: model)
    }
    return nil
  }

  /// Why widths that scores decide may not be packable, and what would make sure that they are; nil
  /// where they are packable whatever scores decide.
  ///
  /// - Parameters:
  ///   - open: The units whose number in each block is not known yet, with what it may be a multiple of.
  ///   - model: The model.
  /// - Returns: A sentence.
  package func condition(
    onOpen open: [UnitGranularity: Set<Int>],
    in model: LanguageModel
  ) -> String? {
    let size = max(QuantisationScheme.inputs, settings.group.size ?? 0)
    if let multiples = open[.channels] {
      let isOfInputs = settings.roles.contains(.down)
      let needed = isOfInputs ? size : QuantisationScheme.outputs
      if isOfInputs || settings.roles.contains(.gate) || settings.roles.contains(.up),
        !multiples.allSatisfy({ $0.isMultiple(of: needed) })
      {
        return "scores decide how many channels each block keeps, and codes need a multiple of "
          + "\(needed), so they may not fit; cut channels with `multiple_of = \(needed)`"
      }
    }
    if open[.heads] != nil, let attention = model.blocks.lazy.compactMap(\.attention).first {
      let shared = attention.queryHeads / attention.keyValueHeads * attention.headSize
      let isUnfit =
        settings.roles.contains(.output) && !shared.isMultiple(of: size)
        || settings.roles.contains { [.query, .key, .value].contains($0) }
          && !attention.headSize.isMultiple(of: QuantisationScheme.outputs)
      if isUnfit {
        return "scores decide how many heads each block keeps, and codes need the inputs of output "
          + "to be a multiple of \(size), and the outputs of query, key and value a multiple of "
          + "\(QuantisationScheme.outputs), so they may not fit; remove as many heads from "
          + "every block, with `allocate uniform`"
      }
    }
    return nil
  }

  /// Why calibration data is too little to tell all inputs of a projection apart; nil where it is not.
  package func shortage(on model: LanguageModel, openedBlocks: Int, tokens: Int) -> String? {
    guard evidence.contains(where: { $0 is InputGram }) else { return nil }
    let widest = targets(in: model, openedBlocks: openedBlocks).filter { $0.shape[1] > tokens }
      .max { $0.shape[1] < $1.shape[1] }
    guard let (id, shape) = widest else { return nil }
    return "\(tokens) calibration tokens cannot tell the \(shape[1]) inputs of \(id) apart, so the "
      + "damping decides much of how errors are made up for; use more `samples`"
  }

  // MARK: What it takes

  /// The memory of choosing codes beside what measuring takes, in bytes: copies of the largest projection,
  /// and the codes of a block.
  package func bytes(on model: LanguageModel, openedBlocks: Int) -> Int {
    let targets = targets(in: model, openedBlocks: openedBlocks)
    let sizes = targets.map { $0.shape.reduce(1, *) }
    let ofBlocks = Dictionary(grouping: targets) { $0.id.block }.values.map { block in
      block.reduce(0) { $0 + $1.shape.reduce(4, *) }
    }
    return 24 * (sizes.max() ?? 0) + (ofBlocks.max() ?? 0)
  }

  /// What codes and scales take on disk, in bytes.
  package func bytesKept(on model: LanguageModel, openedBlocks: Int) -> Int {
    targets(in: model, openedBlocks: openedBlocks).reduce(0) {
      $0 + settings.scheme.byteCount(of: $1.shape)
    }
  }

  /// The floating-point operations of a pass, about.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  ///   - tokens: The number of calibration tokens; nil where only the data tells.
  /// - Returns: What running and measuring takes, nil where that is not known; and what choosing takes.
  package func operations(
    on model: LanguageModel,
    openedBlocks: Int,
    tokens: Int?
  ) -> (measuring: Double?, choosing: Double) {
    var (weights, products, choosing) = (0.0, 0.0, 0.0)
    let isSolved = evidence.contains { $0 is InputGram }
    var inputs: Set<WeightID> = []
    for (id, shape) in model.configuration.allWeights where id.role.kind == .projection {
      weights += Double(shape.reduce(1, *))
      if isSolved, inputs.insert(WeightID(id.role.input, block: id.block)).inserted {
        let columns = Double(shape[1])
        products += columns * columns
        choosing += 4 / 3 * columns * columns * columns
      }
    }
    for (_, shape) in targets(in: model, openedBlocks: openedBlocks) {
      choosing += quantiser.operations(rows: shape[0], columns: shape[1])
    }
    guard !evidence.isEmpty else { return (0, choosing) }
    let runs: Double =
      switch settings.order {
      case .none: 1
      case .block: 2
      case .module: 3
      case .stage: 5
      }
    return (tokens.map { Double($0) * (2 * runs * weights + products) }, choosing)
  }
}
