import BillhookModels
import BillhookTorch

/// A training between two steps, in one file: values, what the optimiser remembers, and where it is.
///
/// Random numbers are not in it, because each step draws its own.
struct TrainingCheckpoint {
  /// Where a training is.
  struct Place: Equatable {
    /// The steps that are done.
    var step = 0
    /// The last step after which the held-out windows were measured, 0 for before the first; nil
    /// where they were not yet.
    var measured: Int?
    /// The smallest loss on the held-out windows so far.
    var best: Double?
  }

  private let path: String

  init(in folder: String, named name: String) { path = "\(folder)/\(name).safetensors" }

  var exists: Bool { FileSystem.exists(path) }

  /// Writes values, and what the optimiser remembers; what was there before stays until it is done.
  func write(
    _ tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    at place: Place,
    withOptimizer: Bool
  ) throws {
    let entries = try Self.entries(tensors, observers, withOptimizer)
    let state: JSON = [
      "step": .number(JSONNumber(place.step)),
      "measured": place.measured.map { .number(JSONNumber($0)) } ?? .null,
      "best": place.best.flatMap { JSONNumber($0) }.map(JSON.number) ?? .null,
    ]
    let text = Array(state.text(indent: nil).utf8)
    let bytes = try text.withUnsafeBytes {
      try Tensor(copying: $0, shape: [text.count], dtype: .uint8)
    }
    try SafetensorsWriter.replace(path, by: entries + [(Self.placeName, bytes)])
  }

  /// Puts everything back as it was.
  ///
  /// - Returns: Where the training was.
  /// - Throws: `ModelError` when the file is damaged, or of another training.
  func read(
    into tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    withOptimizer: Bool
  ) throws -> Place {
    let file = try SafetensorsFile(path)
    for (name, tensor) in try Self.entries(tensors, observers, withOptimizer) {
      try tensor.copy(from: file.tensor(name))
    }
    let state = try file.tensor(Self.placeName).withBytes { try JSON(parsing: Array($0)) }
    guard let step = state["step"]?.int, let measured = state["measured"],
      measured.isNull || measured.int != nil
    else {
      throw ModelError(path, at: Self.placeName, "does not say how many steps were done")
    }
    return Place(step: step, measured: measured.int, best: state["best"]?.double)
  }

  /// Removes the file.
  func remove() throws { try FileSystem.remove(path) }

  private static let placeName = "place"

  private static func entries(
    _ tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    _ withOptimizer: Bool
  ) throws -> [(name: String, tensor: Tensor)] {
    var entries: [(name: String, tensor: Tensor)] = []
    for tensor in tensors {
      entries.append((tensor.name, tensor.value))
      guard withOptimizer else { continue }
      entries.append(("\(tensor.name), mean", tensor.slot.mean))
      entries.append(("\(tensor.name), square", tensor.slot.square))
      entries.append(("\(tensor.name), step", tensor.slot.step))
    }
    for (index, observer) in observers.enumerated() where withOptimizer {
      for (name, tensor) in observer.state.sorted(by: { $0.key < $1.key }) {
        entries.append(("observer \(index), \(name)", tensor))
      }
    }
    return entries
  }
}
