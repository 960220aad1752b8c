public import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Something measured on a model and its calibration data before units are scored.
///
/// What is observed in parts, over batches, and later over resumed runs and several machines, is
/// merged, then finished. Equal requests, by `identity`, are gathered once. The protocols
/// that refine this one say where it is observed.
public protocol Evidence: Plugin {
  /// What one observation leaves behind: named tensors, so that it can be written down and sent.
  associatedtype Partial: TensorBundle
  /// What criteria work with.
  associatedtype Result

  /// Joins what two disjoint sets of observations left behind; the order must not matter.
  func merge(_ one: Partial, _ other: Partial) throws -> Partial

  /// Turns what all observations left behind into the result.
  func finish(_ partial: Partial) throws -> Result
}

extension Evidence {
  /// Recipes do not name evidence; what criteria, allocations, repairs, refiners and quantisers declare
  /// is measured.
  public static var kind: PluginKind { .evidence }
}

/// Evidence from the gradients of a block's weights; finished block by block, then let go.
public protocol GradientEvidence: Evidence {
  /// Whether every sample's own gradient is needed, not only sums over several.
  var needsSamples: Bool { get }

  /// Takes in the gradients that one batch gave of one block's weights, or of some of them; for the
  /// others it is called again, so that not all are in memory at once.
  func observe(_ gradients: BlockGradients) throws -> Partial
}

/// Evidence from the loss of the model with one unit switched off; finished unit by unit.
public protocol RemovalEvidence: Evidence {
  /// Takes in the loss that one batch gave without one unit.
  func observe(_ loss: TokenLoss) throws -> Partial
}

/// Evidence from what runs through a block; finished block by block, then let go.
public protocol ActivationEvidence: Evidence {
  /// Takes in what one batch is inside one block.
  func observe(_ activations: BlockActivations) throws -> Partial

  /// The bytes that its result for one block takes for each window of data, which criteria of units
  /// are shown for all blocks together; 0 for what is as large however much data there is.
  func bytesPerWindow(of model: LanguageModel) -> Int

  /// The most memory that it takes for one block, by what observations leave behind and what is made
  /// of it.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - model: The model that it belongs to.
  ///   - roles: The projections whose inputs are shown.
  /// - Returns: The bytes; 0 for what is small beside the block.
  func bytes(for block: BlockShape, of model: LanguageModel, showing roles: Set<WeightRole>) -> Int
}

/// Evidence from a matrix alone, without any data, for allocations.
///
/// It is made of one matrix at a time and kept for it, so that other settings of an allocation and later
/// runs find it again.
public protocol WeightEvidence: Evidence {
  /// Takes in a projection `[out, in]` in f32.
  func observe(_ weight: Tensor, _ id: WeightID) throws -> Partial

  /// The memory that it takes beside the matrix; by default little.
  ///
  /// - Parameter shape: The shape of the matrix, `[out, in]`.
  /// - Returns: The bytes.
  func bytes(for shape: [Int]) -> Int
}

extension WeightEvidence {
  /// Little.
  public func bytes(for shape: [Int]) -> Int { 0 }
}

/// Evidence from the projections of a block together with what enters them, for allocations.
///
/// What enters them is measured first; then the block's weights are shown once. What is found is kept for
/// each block.
public protocol ProjectionEvidence: Evidence {
  /// What has to be measured of a block before its weights are shown.
  var inputs: [any ActivationEvidence] { get }

  /// Takes in the weights of a block, in the type of the computation.
  ///
  /// - Parameters:
  ///   - weights: The weights.
  ///   - statistics: What `inputs` found of the block.
  /// - Returns: What the block leaves behind.
  /// - Throws: What libtorch and `statistics` throw.
  func observe(_ weights: LentWeights, _ statistics: Statistics) throws -> Partial

  /// The memory that it takes beside the block; by default little.
  ///
  /// - Parameter shapes: The shapes of the block's projections, `[out, in]`.
  /// - Returns: The bytes.
  func bytes(for shapes: [[Int]]) -> Int
}

extension ProjectionEvidence {
  /// Little.
  public func bytes(for shapes: [[Int]]) -> Int { 0 }
}

extension ActivationEvidence {
  /// None: sums over windows.
  public func bytesPerWindow(of model: LanguageModel) -> Int { 0 }

  /// Little.
  public func bytes(
    for block: BlockShape,
    of model: LanguageModel,
    showing roles: Set<WeightRole>
  ) -> Int { 0 }
}

extension [any Evidence] {
  /// The most bytes that all of it takes for one block of a model.
  package func bytesPerBlock(
    of model: LanguageModel,
    showing roles: Set<WeightRole> = WeightRole.projections
  ) -> Int {
    let shown = distinct.compactMap { $0 as? any ActivationEvidence }
    let blocks = model.blocks.map { block in
      shown.reduce(0) { $0 + $1.bytes(for: block, of: model, showing: roles) }
    }
    return blocks.max() ?? 0
  }

  /// What passes over data are shown of it: what runs through blocks, what evidence of projections
  /// needs of that included.
  package var shownInPasses: [any Evidence] {
    filter { !($0 is any WeightEvidence || $0 is any ProjectionEvidence) }
      + compactMap { $0 as? any ProjectionEvidence }.flatMap {
        $0.inputs.map { $0 as any Evidence }
      }
  }

  /// The most bytes that evidence of weights takes beside a block.
  package func bytesOfWeights(of model: LanguageModel) -> Int {
    let matrices = model.configuration.allWeights.filter { $0.id.role.kind == .projection }
    let single = compactMap { $0 as? any WeightEvidence }.map { evidence in
      matrices.map { evidence.bytes(for: $0.shape) }.max() ?? 0
    }
    let blocks = Dictionary(grouping: matrices) { $0.id.block }.values.map { $0.map(\.shape) }
    let together = compactMap { $0 as? any ProjectionEvidence }.map { evidence in
      blocks.map { evidence.bytes(for: $0) }.max() ?? 0
    }
    return (single + together).max() ?? 0
  }
}
