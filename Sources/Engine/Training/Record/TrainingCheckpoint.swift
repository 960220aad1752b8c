import BillhookFiles
import BillhookModels
import BillhookTorch

/// A training between two steps, in one file: values, optimiser state and progress, with a checksum
/// of everything.
///
/// The state of random numbers is not in it, because each step has its own seed.
package struct TrainingCheckpoint {
  /// The progress of a training.
  struct Progress: Equatable {
    /// The number of steps that are done.
    var step = 0
    /// The last step after which the held-out windows were measured, 0 for before the first; nil
    /// where they have not been measured yet.
    var measured: Int?
    /// The smallest loss on the held-out windows so far.
    var best: Double?
    /// The position in the log.
    var log = TrainingLog.Mark()
  }

  /// Why a checkpoint cannot be used: it is not what the training wrote.
  struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  /// A checkpoint whose contents were verified.
  struct Opened {
    let progress: Progress
    fileprivate let file: SafetensorsFile
  }

  /// The name of the file that a training resumes from.
  package static let fileName = file("checkpoint")

  private let path: String
  /// A text that distinguishes the file from those of other trainings, and from others of the same
  /// training.
  private let seal: String

  init(in folder: String, named name: String) {
    path = "\(folder)/\(Self.file(name))"
    seal = "\(folder.split(separator: "/").last ?? "")/\(name)"
  }

  private static func file(_ name: String) -> String { "\(name).safetensors" }

  var exists: Bool { FileSystem.exists(path) }

  /// Writes values and optimiser state; the previous file stays until the new one is complete.
  func write(
    _ tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    at progress: Progress,
    withOptimizer: Bool
  ) throws {
    let entries = Self.entries(tensors, observers, withOptimizer)
    let state = progress.members
    let checksum = try checksum(of: state, entries)
    let seal = JSON.Member(key: Self.checksumName, value: .string(checksum))
    let text = Array(JSON.object(state + [seal]).text(indent: nil).utf8)
    let bytes = try text.withUnsafeBytes {
      try Tensor(copying: $0, shape: [text.count], dtype: .uint8)
    }
    try SafetensorsWriter.replace(path, by: entries + [(Self.progressName, bytes)])
  }

  /// Opens the file and verifies its checksum.
  ///
  /// - Parameters:
  ///   - tensors: The trained tensors.
  ///   - observers: The observers of the training.
  ///   - withOptimizer: Whether the file holds optimiser state as well as values.
  ///   - stepCount: The number of steps of the whole training.
  /// - Returns: The checkpoint.
  /// - Throws: `Damage` when it is not what the training wrote; `FileError` when it cannot be read.
  func open(
    for tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    withOptimizer: Bool,
    stepCount: Int
  ) throws -> Opened {
    guard exists else { throw Damage(description: "\(path): is missing") }
    // A file that cannot be opened may be undamaged, so this error is thrown as it is.
    _ = try MappedFile(path)
    do {
      let file = try SafetensorsFile(path)
      let expected = Self.entries(tensors, observers, withOptimizer)
      let found = try expected.map { ($0.name, try file.tensor($0.name)) }
      guard file.names.count == expected.count + 1,
        zip(expected, found).allSatisfy({
          $0.tensor.shape == $1.1.shape && $0.tensor.dtype == $1.1.dtype
        })
      else { throw Damage(description: "\(path): holds other tensors than the training's") }
      let state = try file.tensor(Self.progressName).withBytes { try JSON(parsing: Array($0)) }
      guard var members = state.members, let seal = members.popLast(),
        seal.key == Self.checksumName, let progress = Progress(.object(members), of: stepCount),
        try checksum(of: members, found) == seal.value.string
      else { throw Damage(description: "\(path): is damaged") }
      return Opened(progress: progress, file: file)
    } catch let damage as Damage {
      throw damage
    } catch {
      throw Damage(description: "\(path): is damaged (\(error))")
    }
  }

  /// Opens the weights with the smallest held-out loss.
  ///
  /// They may be from a later step than the checkpoint, which a killed run had reached; the
  /// training will reach it again.
  ///
  /// - Throws: `Damage` when the file is missing, damaged, or holds weights with a larger loss;
  ///   `FileError` when it cannot be read.
  func open(
    for tensors: [TrainedTensor],
    ofLoss loss: Double,
    stepCount: Int
  ) throws -> Opened {
    let opened = try open(for: tensors, [], withOptimizer: false, stepCount: stepCount)
    guard let found = opened.progress.best, found <= loss else {
      throw Damage(description: "\(path): holds other weights than those of the smallest loss")
    }
    return opened
  }

  /// Restores the state of the training.
  ///
  /// - Throws: `FileError` when the file was changed since it was opened.
  func restore(
    _ opened: Opened,
    into tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    withOptimizer: Bool
  ) throws {
    for (name, tensor) in Self.entries(tensors, observers, withOptimizer) {
      try tensor.copy(from: opened.file.tensor(name))
    }
  }

  private static let progressName = "place"
  private static let checksumName = "checksum"

  private func checksum(
    of state: [JSON.Member],
    _ entries: [(name: String, tensor: Tensor)]
  ) throws -> String {
    var sum = Checksum()
    sum.take(seal)
    sum.take(JSON.object(state).text(indent: nil))
    for (name, tensor) in entries {
      sum.take(name)
      try tensor.withBytes { sum.take($0) }
    }
    return sum.hex
  }

  /// All that a checkpoint holds, by names.
  static func entries(
    _ tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    _ withOptimizer: Bool
  ) -> [(name: String, tensor: Tensor)] {
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

extension TrainingCheckpoint.Progress {
  /// The progress as a checkpoint stores it.
  fileprivate var members: [JSON.Member] {
    [
      .init(key: "step", value: .number(JSONNumber(step))),
      .init(key: "measured", value: measured.map { .number(JSONNumber($0)) } ?? .null),
      .init(key: "best", value: best.flatMap(JSONNumber.init).map(JSON.number) ?? .null),
      .init(key: "log_bytes", value: .number(JSONNumber(log.byteCount))),
      .init(key: "log_checksum", value: .string(log.checksum.hex)),
    ]
  }

  /// Reads progress; nil when it does not fit a training of `stepCount` steps.
  fileprivate init?(_ json: JSON, of stepCount: Int) {
    guard let step = json["step"]?.int, 0...stepCount ~= step,
      let measured = json["measured"],
      measured.isNull || measured.int.map((0...step).contains) == true,
      let byteCount = json["log_bytes"]?.int, byteCount >= 0,
      let checksum = json["log_checksum"]?.string.flatMap(Checksum.init(hex:))
    else { return nil }
    self.step = step
    self.measured = measured.int
    best = json["best"]?.double
    log = TrainingLog.Mark(byteCount: byteCount, checksum: checksum)
  }
}
