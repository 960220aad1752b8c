public import BillhookModels
import BillhookTorch

/// Learning from another model: its distribution over the next token, and its hidden states.
///
/// The loss of a token is `(1 - share) · cross entropy + share · T² · D(teacher, student)` with a
/// divergence `D`, both softened by the temperature `T` in it, and for each block that both models have,
/// `hidden` times the squared distance of its output from the teacher's, relative to the square of
/// the teacher's, at the position that predicts the token.
///
/// The teacher runs in each step, or what it predicts was kept beforehand.
///
/// Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, arXiv 1503.02531,
/// section 2; for hidden states, Jiao et al., TinyBERT, 2019, arXiv 1909.10351, equation 8, here
/// relative, and with blocks matched by their numbers; other divergences: see `Divergence`.
public struct Distillation: TrainingObjective {
  /// Where the distributions of the teacher come from.
  enum Teacher {
    /// A model that runs in each step.
    case model(LanguageModel)
    /// What a model predicted, so many tokens at each position, or all; nil until it was gathered.
    case predictions(kept: Int?, KeptPredictions?)
  }

  private(set) var teacher: Teacher
  let divergence: Divergence
  let temperature: Double
  let share: Double
  let hidden: Double

  /// Makes the objective of learning from a teacher with the same tokens; of two tables the larger may have
  /// more rows than there are tokens.
  ///
  /// - Parameters:
  ///   - teacher: The teacher.
  ///   - divergence: How far the student is from it.
  ///   - temperature: What logits are divided by.
  ///   - share: The weight of the divergence in the loss of a token, from 0 to 1.
  ///   - hidden: The weight of the hidden states.
  public init(
    from teacher: LanguageModel,
    by divergence: Divergence = .forward,
    temperature: Double,
    share: Double,
    hidden: Double
  ) {
    self.teacher = .model(teacher)
    self.divergence = divergence
    self.temperature = temperature
    self.share = share
    self.hidden = hidden
  }

  /// Makes the objective of learning from what a teacher predicted, which has yet to be gathered.
  ///
  /// - Parameters:
  ///   - kept: How many of the teacher's likeliest tokens are kept at each position, all others as one
  ///     class; nil for all.
  ///   - divergence: How far the student is from the teacher, of these classes.
  ///   - temperature: What logits are divided by.
  ///   - share: The weight of the divergence in the loss of a token, from 0 to 1.
  public init(
    keeping kept: Int?,
    by divergence: Divergence = .forward,
    temperature: Double,
    share: Double
  ) {
    teacher = .predictions(kept: kept, nil)
    self.divergence = divergence
    self.temperature = temperature
    self.share = share
    hidden = 0
  }

  /// The same objective with what the teacher predicted.
  ///
  /// - Parameters:
  ///   - predictions: What was gathered with this temperature and number of kept tokens.
  ///   - tokens: What it was gathered on; every window of the training is one of its windows.
  /// - Returns: The objective.
  /// - Throws: `TrainingError` when they do not belong together.
  public func learning(
    from predictions: StoredPredictions,
    of tokens: TokenSet
  ) throws -> Distillation {
    Distillation(self, try KeptPredictions(predictions, of: tokens))
  }

  private init(_ other: Distillation, _ predictions: KeptPredictions) {
    teacher = .predictions(kept: predictions.stored.shape.kept, predictions)
    divergence = other.divergence
    temperature = other.temperature
    share = other.share
    hidden = other.hidden
  }

  /// The same objective with a teacher whose weights stay on the device of a run, where it has room.
  func staying(in context: RunContext) -> Distillation {
    guard case .model(let model) = teacher else { return self }
    var objective = self
    objective.teacher = .model(model.staying(in: context))
    return objective
  }

  var models: [LanguageModel] {
    if case .model(let model) = teacher { [model] } else { [] }
  }

  /// Whether hidden states of all blocks are learnt from.
  var comparesStates: Bool { hidden > 0 }

  func prepared(for batch: TokenBatch, _ context: RunContext) throws -> any BatchObjective {
    switch teacher {
    case .model(let model):
      try TaughtBatch(batch, by: model, self, context)
    case .predictions(_, let predictions?):
      KeptBatch(
        distillation: self,
        places: try predictions.places(of: batch),
        of: predictions.stored
      )
    case .predictions(_, nil):
      throw TrainingError("what the teacher predicts was not gathered before the training")
    }
  }
}
