import BillhookCore
import BillhookRecipe
import Foundation

/// What a run was started with, and how far it got.
package struct RunDescription: Sendable, Equatable {
  /// How far a run got.
  package enum Ending: String, Sendable {
    /// It is still busy, or was killed.
    case open
    /// It came to its end; branches may have failed.
    case finished
    /// A statement outside of all branches failed.
    case failed
    /// Somebody stopped it.
    case interrupted
  }

  /// The model as it was opened.
  package struct Model: Sendable, Equatable {
    /// Its path as the recipe writes it.
    package let name: String
    /// The name of its architecture.
    package let architecture: String
    /// The type of the arithmetic.
    package let compute: String
    /// The number of its parameters.
    package let parameters: Int
    /// The bytes of its weights in the types they are stored in.
    package let bytes: Int
    /// The shapes of its blocks.
    package let shape: ModelShapeSummary
  }

  /// Some data of the recipe.
  package struct Data: Sendable, Equatable {
    /// What the recipe calls it.
    package let name: String
    /// What reads it, with its settings.
    package let source: String
    /// How windows are cut from it.
    package let windows: String
  }

  /// Where it was computed.
  package struct Host: Sendable, Equatable {
    /// The host's name, and how many processors of what kind it has.
    package let name: String
    /// The device.
    package let device: String
    /// The number of threads.
    package let threads: Int
    /// The bytes of physical memory.
    package let memory: Int
    /// The version of libtorch.
    package let libtorch: String
    /// The number of processes that shared the work.
    package var processes = 1
  }

  /// The name of the recipe's file.
  package let recipe: String
  /// The text of the recipe.
  package let text: String
  /// The `let` values that the command line replaced: `cut=9`.
  package let replaced: [String]
  package let model: Model
  package let data: [Data]
  package let machine: Host
  /// How far it got.
  package internal(set) var ending = Ending.open
  /// When it began, in UTC as ISO 8601 writes it; nil in older reports.
  package let began: String?
  /// The seconds that it has taken so far; nil in older reports.
  package internal(set) var seconds: Double?
}

extension RunDescription {
  /// Describes a run that begins.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  init(
    _ inputs: PlanInputs,
    _ opened: LanguageModel,
    _ context: RunContext,
    replaced: [String],
    processes: Int = 1
  ) throws {
    began = Date.now.formatted(.iso8601)
    recipe = inputs.source.name
    text = inputs.source.text
    self.replaced = replaced
    model = Model(
      name: inputs.model.name,
      architecture: opened.configuration.architecture,
      compute: inputs.model.dtype.rawValue,
      parameters: opened.parameterCount,
      bytes: try opened.byteCount(),
      shape: ModelShapeSummary(opened)
    )
    data = inputs.data.values.sorted { ($0.span.start, $0.key) < ($1.span.start, $1.key) }.map {
      Data(name: $0.name, source: $0.source.signature, windows: $0.windows.signature)
    }
    machine = Host(
      name: Machine.name,
      device: "\(context.device)",
      threads: Runtime.threadCount,
      memory: Machine.memory,
      libtorch: Runtime.version,
      processes: processes
    )
  }
}
