/// Why a saved form does not hold a model, or what other programs make of it, and what would serve.
///
/// How a recipe asks for what would serve is the format's business, which words it.
public struct SavingProblem: Sendable, Equatable {
  /// Something that would avoid the problem.
  public enum Remedy: Sendable, Equatable {
    /// All blocks lose as many heads and as many channels.
    case evenBlocks
    /// A number of query heads that divides the hidden size.
    case dividingHeads
    /// All heads stay, so many.
    case allHeads(Int)
    /// The model is saved with another architecture.
    case architecture(SavedArchitecture)
    /// Whole periods of a pattern of blocks go, such as these neighbours, or all after so many.
    case wholePeriods(of: Int, such: ClosedRange<Int>, orAllAfter: Int)
  }

  /// What is wrong, in words.
  public let reason: String
  /// What would avoid it: any one of these.
  public let remedies: [Remedy]

  init(_ reason: String, _ remedies: Remedy...) {
    self.reason = reason
    self.remedies = remedies
  }
}
