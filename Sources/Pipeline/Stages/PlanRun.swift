import BillhookCore

/// What steps need while a plan runs: the model as it was opened, data, what is known, and where results
/// go.
package final class PlanRun {
  let inputs: PlanInputs
  let context: RunContext
  /// The processes that run the plan together.
  let processes: ProcessGroup
  let folder: RunFolder
  /// Held, because its lock lasts as long as this object.
  let work: WorkFolder
  let opened: LanguageModel
  let keys: StageKeys
  let stages: Stages
  let places: PlanPaths
  /// How what is measured is told apart.
  let names: MeasuredNames
  var data: TokenSets
  /// What the opened model predicts, by the keys of the stages that gathered it; each is noted once.
  var predictions: [String: StoredPredictions] = [:]
  /// What was found so far.
  var report = Report()
  /// The cards of the models that were saved.
  var cards: [ModelCard] = []
  /// Whether the user was told what saved models lack of the source.
  var hasToldWhatStaysBehind = false
  private let store: StageStore

  /// Takes the plan's model as it was opened; nothing is computed yet.
  ///
  /// - Throws: `FileError` when its files were changed since.
  init(
    _ inputs: PlanInputs,
    _ uses: [PlanPaths.Use],
    _ names: MeasuredNames,
    _ opened: OpenedModel,
    _ context: RunContext,
    _ work: WorkFolder,
    _ folder: RunFolder,
    build: String,
    processes: ProcessGroup = .alone
  ) throws {
    let heard = NotesHeard()
    let context = heard.listening(to: context)
    self.inputs = inputs
    self.names = names
    self.context = context
    self.processes = processes
    self.folder = folder
    self.work = work
    work.hashes.listener = context
    let files = PlanFiles(of: inputs, uses.flatMap(\.plugins), work.hashes)
    keys = StageKeys(inputs, files, context, build: build, processes: processes.size)
    self.opened = try files.take(opened).staying(in: context)
    store = work.stages
    stages = Stages(context, heard, in: folder)
    data = TokenSets(inputs.data, for: self.opened, files, context)
    places = PlanPaths(inputs, uses, work: work.path)
  }

  /// The files that the plan reads.
  var files: PlanFiles { keys.files }

  /// The context for work that all processes do together.
  var shared: RunContext { context.shared(by: processes) }

  /// What earlier stages found, of this run and of others; damage is reported.
  ///
  /// All processes have to ask.
  var known: KnownStages {
    var store = store
    store.heedDamage = { [context] in context.progress(.note($0)) }
    store.processes = processes
    return KnownStages(keys: keys, store: store, products: work.products)
  }

  /// The same for looking ahead, without reporting damage.
  var seen: KnownStages { KnownStages(keys: keys, store: store, products: work.products) }
}
