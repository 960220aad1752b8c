import BillhookEngine
import BillhookModels

/// What the size of a model is counted in, where an amount is one of size.
enum SizeMeasure: Sendable, Equatable {
  /// Its parameters; an amount of them is met as nearly as can be.
  case parameters
  /// The bytes of its weights and of keys and values; an amount of them is a bound, which is not
  /// exceeded.
  case memory(CacheLoad)

  /// Whether as much as is asked for goes at least, and never less.
  var isBound: Bool { self != .parameters }

  /// The size of a model.
  ///
  /// - Throws: `BudgetError` for texts that are longer than the model was made for, or more of them than
  ///   bytes can be counted for, and where a weight's type cannot be read.
  func checkedSize(of model: LanguageModel) throws(BudgetError) -> Int {
    guard case .memory(let load) = self else { return model.parameterCount }
    return try load.checkedMemory(of: model).bytes
  }

  /// What goes with each of some units.
  func cost(of units: BlockUnits, in model: LanguageModel) throws -> Int {
    guard case .memory(let load) = self else { return units.parameterCount }
    return try units.slices.reduce(0) { sum, slice in
      let bytes = try model.weights.encoding(of: slice.weight)
        .byteCount(ofElements: slice.parameterCount)
      // Every row of these projections is a number that is kept for each token.
      guard [.key, .value].contains(slice.role), slice.dimension != 1 else { return sum +| bytes }
      let row = try slice.extent * model.cacheByteCount(of: slice.weight)
      return sum +| bytes +| (load.tokens *| row)
    }
  }

  /// What is counted, in the plural.
  var noun: String {
    switch self {
    case .parameters: "parameters"
    case .memory: "bytes"
    }
  }
}

extension Amount {
  /// What the amount counts; nil for units.
  var measure: SizeMeasure? {
    switch self {
    case .units, .percentOfUnits, .downToUnits, .exactly: nil
    case .percentOfParameters, .downToParameters: .parameters
    case .percentOfMemory, .downToMemory: cacheLoad.map(SizeMeasure.memory)
    }
  }
}

extension CacheLoad {
  /// What a model takes.
  ///
  /// - Throws: `BudgetError` for texts that are longer than the model was made for, or more of them than
  ///   bytes can be counted for, and where a weight's type cannot be read.
  func checkedMemory(of model: LanguageModel) throws(BudgetError) -> ServingMemory {
    let most = model.configuration.maximumPositions
    if let context, context > most {
      throw BudgetError(
        "`context = \(context)` is longer than the \(most) tokens that the model was made for"
      )
    }
    let memory: ServingMemory
    do { memory = try self.memory(of: model) } catch { throw BudgetError("\(error)") }
    // Beyond, numbers of bytes are not exact.
    guard memory.bytes < 1 << 53 else {
      throw BudgetError("`batch = \(batch)` texts take more bytes than any machine has")
    }
    return memory
  }
}
