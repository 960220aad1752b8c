public import BillhookModels

/// What a recovery receives in addition to the model and its data.
public struct RecoveryContext {
  /// The context of the run: device and type, progress, cancellation.
  public let run: RunContext
  /// The model as the recipe opened it, for example as a teacher.
  public let opened: LanguageModel
  /// What the teacher predicts at each target of the data, where the recovery says that it is to be kept;
  /// else nil.
  public let predictions: StoredPredictions?
  /// A directory that holds the model as it is before the training; nil where it was not saved, and in
  /// processes other than 0, which saves.
  public let savedAs: String?
  /// The folder for new weights and checkpoints; a run that was killed finds it again.
  public let folder: String
  /// The path for the log of the training; nil for no log.
  public let log: String?
  /// Further observers of the training, which may change it; `Training` calls them after the
  /// recovery's own observers.
  public let observers: [any TrainingObserver]

  /// Makes the context of a recovery.
  public init(
    run: RunContext,
    opened: LanguageModel,
    predictions: StoredPredictions? = nil,
    savedAs: String? = nil,
    folder: String,
    log: String? = nil,
    observers: [any TrainingObserver] = []
  ) {
    self.run = run
    self.opened = opened
    self.predictions = predictions
    self.savedAs = savedAs
    self.folder = folder
    self.log = log
    self.observers = observers
  }
}
