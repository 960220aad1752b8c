import BillhookFiles
public import BillhookModels
import BillhookTorch

extension Traversal {
  /// Shows each block stage by stage with its activations, and lets it be changed before later
  /// stages and blocks are shown.
  ///
  /// A changed weight is rounded to its stored type at once, so later stages see what the changed
  /// model computes. Changes are written when their block is done, so that memory holds those of
  /// one block only. Where nothing was changed, the observed outputs go on to the next block;
  /// otherwise the block is run once more, unless it is the last.
  ///
  /// Memory: the hidden states of the tokens, twice unless `order` is none; the activations of one
  /// batch inside one block; the block's changes; the block of the other model, if one is given.
  ///
  /// - Parameters:
  ///   - tokens: The calibration set.
  ///   - order: What is changed before the next part is shown.
  ///   - other: A model with the same blocks or more, each of which is lent together with this
  ///     model's block.
  ///   - folder: Where finished blocks are kept, with a name that identifies everything that they
  ///     depend on: a later pass takes them from there, and only runs them. Nil for none; changes
  ///     are then written to the scratch folder.
  ///   - observe: Called with the activations of one batch inside a block, including the inputs of
  ///     the stage's projections; not called for a closed block.
  ///   - change: Called after the last batch of a stage; returns the changes.
  /// - Returns: The model with all changes.
  /// - Throws: What the visitors throw, `FileError` for weights in other shapes, and `Cancelled`.
  public func sequential(
    _ tokens: TokenSet,
    order: SequentialOrder = .block,
    beside other: LanguageModel? = nil,
    in folder: String? = nil,
    observe: (BlockStage, BlockActivations) throws -> Void,
    change: (BlockStage) throws -> BlockChange
  ) throws -> LanguageModel {
    try sequential(
      tokens,
      order: order,
      beside: other,
      in: folder,
      checkpoint: nil,
      observe: observe,
      change: change
    )
  }

  /// The same, resumed from where an earlier pass was stopped; what that pass showed is not shown
  /// again.
  ///
  /// A `checkpoint` is for `order = none` and visitors that change nothing. `begin` gives what a block
  /// is changed by before it is shown; later changes of the same weights begin from those of the model
  /// again, and take its place. Where processes share the work and it `isDealt`, each is shown its own
  /// batches.
  package func sequential(
    _ tokens: TokenSet,
    order: SequentialOrder,
    beside other: LanguageModel? = nil,
    in folder: String? = nil,
    checkpoint: PassCheckpoint?,
    isDealt: Bool = false,
    begin: (BlockStep) throws -> BlockChange = { _ in BlockChange() },
    observe: (BlockStage, BlockActivations) throws -> Void,
    change: (BlockStage) throws -> BlockChange
  ) throws -> LanguageModel {
    let strategy = try TraversalMemory(model, context)
      .sequentialStrategy(tokens, order: order, beside: other)
    var pass = try SequentialPass(
      self,
      isDealt ? Sequences(dealt: tokens, context) : Sequences(tokens, context),
      keptBy: WaitingStates(context, onDisk: strategy.statesWaitOnDisk),
      order: order,
      beside: other,
      in: folder,
      checkpoint: checkpoint
    )
    return try pass.run(begin: begin, observe: observe, change: change)
  }
}
