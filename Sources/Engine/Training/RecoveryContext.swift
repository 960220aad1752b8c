public import BillhookModels

/// What a recovery receives besides the model and its data.
public struct RecoveryContext {
  /// Where it runs, whom it tells, when it stops.
  public let run: RunContext
  /// The model as the recipe opened it, for example as a teacher.
  public let opened: LanguageModel
  /// A directory that holds the model which is trained as it stands; nil where it was not saved.
  public let savedAs: String?
  /// The folder for new weights and checkpoints; a run that was killed finds it again.
  public let folder: String
  /// Where the log of the training goes; nil for nowhere.
  public let log: String?
  /// Whoever else watches the training, and may change it; `Training` calls them after the recovery's
  /// own observers.
  public let observers: [any TrainingObserver]

  /// Puts together what a recovery receives.
  public init(
    run: RunContext,
    opened: LanguageModel,
    savedAs: String? = nil,
    folder: String,
    log: String? = nil,
    observers: [any TrainingObserver] = []
  ) {
    self.run = run
    self.opened = opened
    self.savedAs = savedAs
    self.folder = folder
    self.log = log
    self.observers = observers
  }
}
