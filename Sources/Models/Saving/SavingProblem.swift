/// Why a model cannot be saved in some form, or what other programs would make of it, with
/// remedies.
///
/// The format words the remedies, as it knows how a recipe asks for them.
public struct SavingProblem: Sendable, Equatable {
  /// Something that would avoid the problem.
  public enum Remedy: Sendable, Equatable {
    /// All blocks lose the same number of heads and of channels.
    case evenBlocks
    /// A number of query heads that divides the hidden size.
    case dividingHeads
    /// All heads are kept; the number is that of the opened model.
    case allHeads(Int)
    /// The model is saved with another architecture.
    case architecture(SavedArchitecture)
    /// Whole periods of a pattern of blocks are removed, such as these neighbours, or all blocks
    /// after a number of first ones.
    case wholePeriods(of: Int, such: ClosedRange<Int>, orAllAfter: Int)
    /// The number of channels of every MLP is a multiple.
    case multiples(of: Int)
    /// Weights are rounded to another type.
    case type(String)
    /// The model is saved without its tokenizer.
    case noTokenizer
    /// The model is saved as GGUF.
    case gguf
    /// The first block keeps its attention.
    case firstAttention
  }

  /// What is wrong, in words.
  public let reason: String
  /// What would avoid it: any one of these.
  public let remedies: [Remedy]

  init(_ reason: String, _ remedies: Remedy...) { self.init(reason, remedies: remedies) }

  init(_ reason: String, remedies: [Remedy]) {
    self.reason = reason
    self.remedies = remedies
  }
}
