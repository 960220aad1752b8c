package import BillhookCore
package import BillhookRecipe

/// One statement of a plan: what it does to the model, and what can be told of that beforehand.
///
/// Running, checking, the forecast, the outline and the estimates of memory and disk are walks over the
/// same steps, each of which asks one of these. A new statement is one type in one file, and its clause in
/// the resolver.
package protocol PlanStep: Sendable {
  /// Where the recipe says so.
  var span: SourceSpan { get }

  /// The plugins that it runs, which may name files.
  var plugins: [any Plugin] { get }

  /// The directory that it writes, apart from files that plugins name; nil for none.
  var output: String? { get }

  /// The branch that it is, with the steps in it, into which every walk goes; nil for a step that does
  /// something itself.
  var inner: BranchStep? { get }

  /// What it measures; nil for nothing.
  var measurement: MeasuredNames.Measurement? { get }

  /// What it does with the model as it stands.
  var use: ModelUse { get }

  /// What it does to the model with everything that a recipe says about it; nil for a step that leaves
  /// the model as it is.
  ///
  /// Two models with the same steps before them are meant to be the same, whatever else the recipes say
  /// that they come from.
  func derivation(_ inputs: PlanInputs) -> String?

  /// Runs the step.
  ///
  /// - Parameters:
  ///   - state: The model as it stands.
  ///   - run: What the step needs.
  /// - Returns: The model afterwards.
  /// - Throws: `StageError` with what went wrong in a stage, and what goes wrong before all stages.
  func run(_ state: ModelState, in run: PlanRun) throws -> ModelState

  /// Tells how much of the step earlier runs did.
  ///
  /// - Parameters:
  ///   - state: The model as it will be then; nil where that is not known.
  ///   - forecast: What the step needs.
  /// - Returns: What is known of the step, and the model afterwards; nil where that is not known.
  /// - Throws: What cannot be read now; then nothing is known.
  func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)

  /// Reports everything that would make it fail and can be known without computing, and goes on with the
  /// model as far as its sizes are known.
  func check(_ check: inout StepCheck)

  /// Goes on with the model as far as its sizes are known.
  func follow(_ course: inout PruningCourse)

  /// The memory that it takes; nil where that is not known.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate?

  /// What would make it fit into a number of bytes of memory; nil where no setting helps.
  func remedy(on model: LanguageModel, _ needs: StepNeeds, within bytes: Int) throws -> String?

  /// What it writes; nil for nothing.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  func disk(on model: LanguageModel, _ needs: StepNeeds, after derivation: [String]) throws
    -> DiskNeed?

  /// Its line in the outline, without what is known of its memory and its results.
  func line(_ inputs: PlanInputs) -> String

  /// More lines of the outline; goes on with the model as far as its sizes are known.
  ///
  /// - Throws: What is wrong with the step.
  func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String]

  /// Whether nothing is computed or kept for it.
  var isFree: Bool { get }
}

/// What a step does with the model as it stands.
package enum ModelUse {
  /// It looks at the model; two measurements of the same thing have the same identity.
  case looks(measurement: Measurement? = nil)
  /// It changes the model; the result may be written somewhere else as well, and the numbers that are left
  /// may be what they were.
  case changes(keyword: String, isWritten: Bool = false, keepsNumbers: Bool = false)
  /// These steps in it use the model.
  case inside([any PlanStep])

  /// Something that is measured.
  package struct Measurement {
    /// What identifies it among measurements of the same model.
    let identity: String
    /// What the recipe writes.
    let statement: String
  }
}

/// What a step writes to a disk, in bytes.
package struct DiskNeed {
  /// The bytes that stay.
  var kept = 0
  /// The most bytes that are needed at one time and do not stay.
  var passing = 0
  /// What stays as well, and is kept once for all steps that name it alike; nil for nothing.
  var shared: (name: String, bytes: Int)?
  /// A path on the disk; nil for the work folder.
  var path: String?
}

extension PlanStep {
  package var output: String? { nil }
  package var inner: BranchStep? { nil }
  package var measurement: MeasuredNames.Measurement? { nil }
  package var isFree: Bool { false }

  package func derivation(_ inputs: PlanInputs) -> String? { nil }
  package func follow(_ course: inout PruningCourse) {}

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? { nil }

  package func remedy(
    on model: LanguageModel,
    _ needs: StepNeeds,
    within bytes: Int
  ) throws -> String? { nil }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? { nil }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] { [] }
}
