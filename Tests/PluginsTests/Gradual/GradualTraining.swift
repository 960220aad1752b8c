@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import BillhookFiles
import BillhookModels
import BillhookRecipe
import BillhookTorch
import Synchronization
import TestSupport

/// A model that is pruned while it trains, without a recipe.
struct GradualTraining {
  var model: LanguageModel
  var tokens: TokenSet
  var units: [any PruningUnit] = [AttentionHead(), MLPChannel()]
  var criterion: any Criterion = LoRATaylor()
  var percent = "25"
  /// Whether the percentage is of parameters rather than of units.
  var isOfParameters = false
  var keep = Keep(first: 1, last: 1)
  var allocation: any Allocation = Uniform()
  var schedule = PruningSchedule()
  var recovery: any TrainingRecovery

  /// A training of low-rank updates on a golden model.
  init(_ name: String = "llama-gqa", steps: Int = 12, every: Int = 2) throws {
    let golden = try Golden(name)
    (model, tokens) = (golden.model, golden.tokens)
    schedule.every = every
    var lora = LoRA()
    lora.training.steps = steps
    lora.training.batch = 4
    lora.training.learningRate = 1e-2
    recovery = lora
  }

  var budget: Budget {
    get throws {
      try Budget(
        isOfParameters ? .percentOfParameters(number(percent)) : .percentOfUnits(number(percent)),
        keep: keep,
        allocation: allocation,
        units: units,
        model: model,
        opened: model
      )
    }
  }

  private func number(_ text: String) throws -> Number {
    let recipe = Recipe.parse(SourceText(name: "number", text: "let x = \(text)")).recipe
    guard case .number(let number)? = recipe.statements.first?.arguments.last?.kind else {
      throw DataError("no number: \(text)")
    }
    return number
  }

  /// What a training came to.
  struct Result {
    let model: LanguageModel
    let outcome: GradualPruning.Outcome
    /// What was closed after each step.
    let gates: [Gates]
    let losses: [Double]

    func cut(_ units: [any PruningUnit]) throws -> LanguageModel {
      try model.removing(outcome.selection.gates(units, of: model))
    }
  }

  /// Remembers what is closed after each step.
  private final class Watcher: TrainingObserver {
    let pruning: GradualPruning
    private(set) var closed: [Gates] = []
    let onGradients: (TrainingStep, Gates) throws -> Void

    init(_ pruning: GradualPruning, _ onGradients: @escaping (TrainingStep, Gates) throws -> Void) {
      self.pruning = pruning
      self.onGradients = onGradients
    }

    func gradientsAreComplete(_ step: TrainingStep) throws {
      try onGradients(step, closed.last ?? Gates())
    }
    func valuesChanged(_ step: TrainingStep) throws { closed.append(try pruning.gates) }
  }

  /// Trains and prunes.
  ///
  /// - Parameters:
  ///   - folder: Where weights and checkpoints go.
  ///   - stop: The number of steps after which the training is stopped.
  ///   - onGradients: Called with each step and what its passes ran without.
  /// - Returns: What it came to.
  /// - Throws: What the training throws, `Cancelled` where it is stopped.
  func run(
    in folder: String,
    stoppingAfter stop: Int = .max,
    onGradients: @escaping (TrainingStep, Gates) throws -> Void = { _, _ in }
  ) throws -> Result {
    let losses = Mutex<[Double]>([])
    let context = RunContext(
      scratch: folder,
      progress: { event in
        if case .trained(let step) = event { losses.withLock { $0.append(step.loss) } }
      },
      isCancelled: { losses.withLock { $0.count >= stop } }
    )
    let pruning = try GradualPruning(model, units, by: criterion, budget, schedule, context)
    let watcher = Watcher(pruning, onGradients)
    let trained = try recovery.train(
      model,
      on: tokens,
      RecoveryContext(run: context, opened: model, folder: folder, observers: [pruning, watcher])
    )
    guard let outcome = pruning.outcome else { throw DataError("the training did not end") }
    return Result(
      model: trained,
      outcome: outcome,
      gates: watcher.closed,
      losses: losses.withLock { $0 }
    )
  }
}

extension Gates {
  /// The closed units of a kind in a block, by their places.
  func closed(_ kind: String, _ block: Int, headsPerGroup: Int) -> [Int] {
    kind == "mlp_channel"
      ? (closedChannels[block] ?? []).sorted()
      : Set((closedHeads[block] ?? []).map { $0 / headsPerGroup }).sorted()
  }
}
