import BillhookFiles
import BillhookModels
import BillhookTorch

/// A training between two steps, in one file: values, what the optimiser remembers, and where it is,
/// with a checksum of all of it.
///
/// Random numbers are not in it, because each step draws its own.
package struct TrainingCheckpoint {
  /// Where a training is.
  struct Place: Equatable {
    /// The steps that are done.
    var step = 0
    /// The last step after which the held-out windows were measured, 0 for before the first; nil
    /// where they were not yet.
    var measured: Int?
    /// The smallest loss on the held-out windows so far.
    var best: Double?
    /// How far the log is.
    var log = TrainingLog.Mark()
  }

  /// Why a checkpoint cannot be used: it is not what a training wrote there.
  struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  /// A checkpoint whose contents are what was written.
  struct Opened {
    let place: Place
    fileprivate let file: SafetensorsFile
  }

  /// The name of the file that a training goes on from.
  package static let fileName = file("checkpoint")

  private let path: String
  /// What tells the file from those of other trainings and from others of the same one.
  private let seal: String

  init(in folder: String, named name: String) {
    path = "\(folder)/\(Self.file(name))"
    seal = "\(folder.split(separator: "/").last ?? "")/\(name)"
  }

  private static func file(_ name: String) -> String { "\(name).safetensors" }

  var exists: Bool { FileSystem.exists(path) }

  /// Writes values, and what the optimiser remembers; what was there before stays until it is done.
  func write(
    _ tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    at place: Place,
    withOptimizer: Bool
  ) throws {
    let entries = Self.entries(tensors, observers, withOptimizer)
    let state = place.members
    let checksum = try checksum(of: state, entries)
    let seal = JSON.Member(key: Self.checksumName, value: .string(checksum))
    let text = Array(JSON.object(state + [seal]).text(indent: nil).utf8)
    let bytes = try text.withUnsafeBytes {
      try Tensor(copying: $0, shape: [text.count], dtype: .uint8)
    }
    try SafetensorsWriter.replace(path, by: entries + [(Self.placeName, bytes)])
  }

  /// Opens the file and compares what is in it with its checksum.
  ///
  /// - Parameters:
  ///   - tensors: What the training changes.
  ///   - observers: Whoever watches it.
  ///   - withOptimizer: Whether the file holds more than values.
  ///   - stepCount: The steps of the whole training.
  /// - Returns: The checkpoint.
  /// - Throws: `Damage` when it is not what the training wrote; `FileError` when it cannot be read.
  func open(
    for tensors: [TrainedTensor],
    _ observers: [any TrainingObserver],
    withOptimizer: Bool,
    stepCount: Int
  ) throws -> Opened {
    guard exists else { throw Damage(description: "\(path): is missing") }
    // What cannot even be opened may be whole.
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
      let state = try file.tensor(Self.placeName).withBytes { try JSON(parsing: Array($0)) }
      guard var members = state.members, let seal = members.popLast(),
        seal.key == Self.checksumName, let place = Place(.object(members), of: stepCount),
        try checksum(of: members, found) == seal.value.string
      else { throw Damage(description: "\(path): is damaged") }
      return Opened(place: place, file: file)
    } catch let damage as Damage {
      throw damage
    } catch {
      throw Damage(description: "\(path): is damaged (\(error))")
    }
  }

  /// Opens the weights with the smallest held-out loss.
  ///
  /// They may be those of a later step than a checkpoint's, which a run that was killed came to; the
  /// training comes to them again.
  ///
  /// - Throws: `Damage` when the file is missing, damaged, or holds those of a larger loss;
  ///   `FileError` when it cannot be read.
  func open(
    for tensors: [TrainedTensor],
    ofLoss loss: Double,
    stepCount: Int
  ) throws -> Opened {
    let opened = try open(for: tensors, [], withOptimizer: false, stepCount: stepCount)
    guard let found = opened.place.best, found <= loss else {
      throw Damage(description: "\(path): holds other weights than those of the smallest loss")
    }
    return opened
  }

  /// Puts everything back as it was.
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

  private static let placeName = "place"
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

  private static func entries(
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

extension TrainingCheckpoint.Place {
  /// The place as a checkpoint has it.
  fileprivate var members: [JSON.Member] {
    [
      .init(key: "step", value: .number(JSONNumber(step))),
      .init(key: "measured", value: measured.map { .number(JSONNumber($0)) } ?? .null),
      .init(key: "best", value: best.flatMap(JSONNumber.init).map(JSON.number) ?? .null),
      .init(key: "log_bytes", value: .number(JSONNumber(log.byteCount))),
      .init(key: "log_checksum", value: .string(log.checksum.hex)),
    ]
  }

  /// Reads a place; nil when there is none such in a training of so many steps.
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
