public import BillhookCore
public import BillhookRecipe

/// A recipe resolved against a registry: typed, validated, ready to run.
public struct Plan: Sendable {
  /// The recipe that it was made from.
  public let source: SourceText
  /// The folder that paths in the recipe start from.
  public let folder: String
  /// The model that it starts with.
  public let model: ModelStep
  /// The data sources by key.
  public let data: [String: DataStep]
  /// What is done, in order.
  public let steps: [Step]

  package init(
    source: SourceText,
    folder: String,
    model: ModelStep,
    data: [String: DataStep],
    steps: [Step]
  ) {
    self.source = source
    self.folder = folder
    self.model = model
    self.data = data
    self.steps = steps
  }
}

/// The model that a recipe starts with.
public struct ModelStep: Sendable {
  /// The path as the recipe writes it.
  public let name: String
  /// The path of the directory, or of the configuration of a new model.
  public let path: String
  /// Where the random numbers of a new model start; nil for one that is opened.
  public let seed: Int?
  /// The directory of a PEFT adapter that is merged into it; nil for none.
  public let adapter: String?
  /// The keys of its configuration that are passed over as if they were not there.
  public let ignored: [String]
  /// The type of the arithmetic.
  public let dtype: DType
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    name: String,
    path: String,
    seed: Int?,
    adapter: String?,
    ignored: [String],
    dtype: DType,
    span: SourceSpan
  ) {
    self.name = name
    self.path = path
    self.seed = seed
    self.adapter = adapter
    self.ignored = ignored
    self.dtype = dtype
    self.span = span
  }
}

/// A data source with the way windows are cut from it.
public struct DataStep: Sendable {
  /// What the plan's steps call it.
  public let key: String
  /// The name that the recipe gives it.
  public let name: String
  /// What reads the documents.
  public let source: any DataSource
  /// How they are cut.
  public let windows: WindowSettings
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    key: String,
    name: String,
    source: any DataSource,
    windows: WindowSettings,
    span: SourceSpan
  ) {
    self.key = key
    self.name = name
    self.source = source
    self.windows = windows
    self.span = span
  }

  /// What messages call it: its name and its files.
  package var place: String {
    let files = source.files.map(\.name).joined(separator: ", ")
    return files.isEmpty ? "data `\(name)`" : "data `\(name)` (\(files))"
  }
}

/// One thing that is done.
public enum Step: Sendable {
  case score(ScoreStep)
  case prune(PruneStep)
  case recover(RecoverStep)
  case evaluate(EvaluateStep)
  case save(SaveStep)
  case branch(BranchStep)

  /// Where the recipe says so.
  public var span: SourceSpan {
    switch self {
    case .score(let step): step.span
    case .prune(let step): step.span
    case .recover(let step): step.span
    case .evaluate(let step): step.span
    case .save(let step): step.span
    case .branch(let step): step.span
    }
  }
}

/// Things are done on the model as it stands; afterwards that model is the current one again.
public struct BranchStep: Sendable {
  /// What tells it apart from the branches beside it.
  public let branch: Branch
  /// What is done, in order.
  public let steps: [Step]
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    branch: Branch,
    steps: [Step],
    span: SourceSpan
  ) {
    self.branch = branch
    self.steps = steps
    self.span = span
  }

  /// The branch's label.
  public var label: String { branch.label }
}

/// Units are scored, and nothing is removed.
public struct ScoreStep: Sendable {
  /// What is scored.
  public let unit: any PruningUnit
  /// What scores it.
  public let criterion: any Criterion
  /// The name of the calibration data; nil for a criterion that needs none.
  public let data: String?
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    unit: any PruningUnit,
    criterion: any Criterion,
    data: String?,
    span: SourceSpan
  ) {
    self.unit = unit
    self.criterion = criterion
    self.data = data
    self.span = span
  }
}

/// Units are scored, and the least important are removed.
public struct PruneStep: Sendable {
  /// The kinds of units that go.
  public let units: [any PruningUnit]
  /// How the units of each kind are scored: by one criterion on the same data; empty where the units
  /// are named and no criterion is.
  public let scorings: [ScoreStep]
  /// How much is removed.
  public let amount: Amount
  /// What is exempt.
  public let keep: Keep
  /// Where the budget falls.
  public let allocation: any Allocation
  /// How what stays is adjusted behind each cut.
  public let repairs: [RepairStep]
  /// After how many removed units the others are scored again; nil for never.
  public let rescoring: Int?
  /// Where the recipe says how much.
  public let amountSpan: SourceSpan
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    units: [any PruningUnit],
    scorings: [ScoreStep],
    amount: Amount,
    keep: Keep,
    allocation: any Allocation,
    repairs: [RepairStep],
    rescoring: Int?,
    amountSpan: SourceSpan,
    span: SourceSpan
  ) {
    self.units = units
    self.scorings = scorings
    self.amount = amount
    self.keep = keep
    self.allocation = allocation
    self.repairs = repairs
    self.rescoring = rescoring
    self.amountSpan = amountSpan
    self.span = span
  }

  /// A model with the shapes that the step's repairs give it.
  func withBiases(of model: LanguageModel) -> LanguageModel {
    guard !repairs.isEmpty else { return model }
    let granularities = units.map(\.granularity)
    return model.addingBiases(
      toAttention: granularities.contains(.heads),
      toMLP: granularities.contains(.channels)
    )
  }

  /// Whether states that one round of scoring computed are those of the next; repairs change weights,
  /// and with them all states behind.
  var keepsStates: Bool { rescoring != nil && repairs.isEmpty }

  /// Whether the allocation is the one that is used where a recipe names none, as it is.
  var isAllocatedByDefault: Bool {
    allocation.signature == type(of: allocation).init().signature
      && units.allSatisfy { type(of: $0).defaultAllocation == type(of: allocation).name }
  }

  /// What scores them; nil where units are named and nothing is computed.
  public var criterion: (any Criterion)? { scorings.first?.criterion }
  /// The name of the calibration data; nil where none is needed.
  public var data: String? { scorings.first?.data }

  /// Whether neighbours go together, by a score of theirs.
  var isTogether: Bool { (criterion as? any SpanCriterion)?.isTogether ?? false }
}

/// What stays is adjusted behind a cut.
public struct RepairStep: Sendable {
  /// What adjusts it.
  public let repair: any Repair
  /// The name of the data that it measures.
  public let data: String

  package init(
    repair: any Repair,
    data: String
  ) {
    self.repair = repair
    self.data = data
  }
}

/// The model is trained.
public struct RecoverStep: Sendable {
  /// What trains it.
  public let recovery: any Recovery
  /// The name of the training data.
  public let data: String
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    recovery: any Recovery,
    data: String,
    span: SourceSpan
  ) {
    self.recovery = recovery
    self.data = data
    self.span = span
  }
}

/// The model is measured.
public struct EvaluateStep: Sendable {
  /// What measures it.
  public let evaluation: any Evaluation
  /// The name of the data; nil for what measures the model by itself.
  public let data: String?
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    evaluation: any Evaluation,
    data: String?,
    span: SourceSpan
  ) {
    self.evaluation = evaluation
    self.data = data
    self.span = span
  }
}

/// The model is written.
public struct SaveStep: Sendable {
  /// What writes it.
  public let format: any Format
  /// The directory that it becomes.
  public let path: String
  /// Whether an earlier result may be replaced.
  public let overwrite: Bool
  /// Where the recipe says so.
  public let span: SourceSpan

  package init(
    format: any Format,
    path: String,
    overwrite: Bool,
    span: SourceSpan
  ) {
    self.format = format
    self.path = path
    self.overwrite = overwrite
    self.span = span
  }
}
