import BillhookFiles
import BillhookModels
package import BillhookTorch

/// A checkpoint of a pass over the blocks of a model, from which a later pass resumes, with the
/// same result to the byte.
///
/// It is a file in a folder that belongs to the pass alone: the current hidden states or gradients,
/// and the state of the pass's visitor, with a checksum of everything. It is written after a
/// minute, or after twenty times as long as writing took (ten minutes at most), and when the user
/// asks to stop. A file that is damaged, or belongs to another pass, is not used, and a note says
/// so.
package final class PassCheckpoint {
  /// The progress of a pass.
  package struct Progress: Equatable {
    /// The number of blocks that are done, in the order of the pass; of a search, the steps.
    package var blocks: Int
    /// The number of pieces that are done of the next block; of a search, the candidates.
    package var pieces: Int

    package init(blocks: Int = 0, pieces: Int = 0) {
      self.blocks = blocks
      self.pieces = pieces
    }
  }

  private let path: String
  /// A text that distinguishes the file from those of other passes.
  private let seal: String
  private let context: RunContext
  private let interval: Duration
  private let save: () throws -> [String: Tensor]
  private let restore: ([String: Tensor]) throws -> Void
  /// Whether the end of the pass is written as well, because another pass comes after it.
  let isFollowed: Bool
  private var written = ContinuousClock.now
  private var cost = Duration.zero

  /// A checkpoint of one pass.
  ///
  /// - Parameters:
  ///   - folder: A folder whose name identifies the computation; made when there is something to
  ///     write.
  ///   - name: The name of the pass, among those that use the folder.
  ///   - context: The context that receives notes.
  ///   - interval: The shortest time between two writes.
  ///   - isFollowed: Whether another pass comes after this one, which a later run may have to begin
  ///     with.
  ///   - save: The visitor's state.
  ///   - restore: Restores the visitor's state; changes nothing when it throws.
  package init(
    in folder: String,
    named name: String,
    _ context: RunContext,
    interval: Duration,
    isFollowed: Bool = false,
    save: @escaping () throws -> [String: Tensor] = { [:] },
    restore: @escaping ([String: Tensor]) throws -> Void = { _ in }
  ) {
    path = "\(folder)/\(name).safetensors"
    seal = "\(folder.split(separator: "/").last ?? "")/\(name)"
    self.context = context
    self.interval = interval
    self.isFollowed = isFollowed
    self.save = save
    self.restore = restore
  }

  // MARK: Going on

  /// The progress at which an earlier pass was stopped, with its tensors; nil where there is
  /// nothing to resume from.
  ///
  /// - Parameters:
  ///   - count: The number of blocks of the pass.
  ///   - noun: What notes call them.
  ///   - fits: Whether the pass can resume from such tensors.
  /// - Returns: The progress, and copies of the tensors in memory.
  package func resume(
    of count: Int,
    _ noun: String = "blocks",
    fits: (Progress, [String: Tensor]) -> Bool
  ) -> (progress: Progress, states: [String: Tensor])? {
    guard FileSystem.exists(path) else { return nil }
    do {
      let (progress, tensors) = try open()
      let states = tensors.filter { !$0.key.hasPrefix(Self.visitorPrefix) }
      guard 0...count ~= progress.blocks, progress.pieces >= 0, fits(progress, states) else {
        throw Damage(description: "holds another pass")
      }
      var visitor: [String: Tensor] = [:]
      for (name, tensor) in tensors where name.hasPrefix(Self.visitorPrefix) {
        visitor[String(name.dropFirst(Self.visitorPrefix.count))] = tensor
      }
      try restore(visitor)
      context.progress(
        .note("goes on where it was stopped, \(progress.blocks) of \(count) \(noun)")
      )
      return (progress, states)
    } catch {
      context.progress(.note("\(path): \(error); so it is not used, and the pass begins anew"))
      return nil
    }
  }

  /// Why a file is not used.
  private struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  private func open() throws -> (Progress, [String: Tensor]) {
    let damage = Damage(description: "is damaged")
    guard let file = try? SafetensorsFile(path) else { throw damage }
    var entries: [(name: String, tensor: Tensor)] = []
    for name in file.names.sorted() where name != Self.sealName {
      entries.append((name, try file.tensor(name).copied()))
    }
    guard let text = try? file.tensor(Self.sealName),
      let json = try? text.withBytes({ try JSON(parsing: Array($0)) }),
      let blocks = json["blocks"]?.int, let pieces = json["pieces"]?.int
    else { throw damage }
    let progress = Progress(blocks: blocks, pieces: pieces)
    guard try json["checksum"]?.string == checksum(of: progress, entries) else { throw damage }
    let moved = try entries.map { ($0.name, try $0.tensor.to(device: context.device)) }
    return (progress, Dictionary(uniqueKeysWithValues: moved))
  }

  // MARK: Writing

  /// Writes the checkpoint, if that is due.
  package func reached(_ progress: Progress, _ states: () throws -> [String: Tensor]) throws {
    let pause = max(interval, min(cost * 20, interval * 10))
    guard ContinuousClock.now - written >= pause else { return }
    try write(progress, states())
  }

  /// Writes the checkpoint.
  package func write(_ progress: Progress, _ states: [String: Tensor]) throws {
    let start = ContinuousClock.now
    var tensors = states
    for (name, tensor) in try save() { tensors[Self.visitorPrefix + name] = tensor }
    let entries = tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) }
    let json: JSON = [
      "blocks": .number(JSONNumber(progress.blocks)),
      "pieces": .number(JSONNumber(progress.pieces)),
      "checksum": .string(try checksum(of: progress, entries)),
    ]
    let text = Array(json.text(indent: nil).utf8)
    let bytes = try text.withUnsafeBytes {
      try Tensor(copying: $0, shape: [text.count], dtype: .uint8)
    }
    try FileSystem.makeDirectory(FileSystem.parent(of: path))
    try SafetensorsWriter.replace(path, by: entries + [(Self.sealName, bytes)])
    written = .now
    cost = written - start
  }

  private static let visitorPrefix = "visitor/"
  private static let sealName = "seal"

  private func checksum(
    of progress: Progress,
    _ entries: [(name: String, tensor: Tensor)]
  ) throws -> String {
    var sum = Checksum()
    sum.take("\(seal) \(progress.blocks) \(progress.pieces)")
    for (name, tensor) in entries {
      sum.take("\(name) \(tensor)")
      try tensor.withBytes { sum.take($0) }
    }
    return sum.hex
  }
}

extension [Tensor] {
  /// The tensors by a name and their indices, as a checkpoint stores them.
  func named(_ name: String) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: enumerated().map { ("\(name)/\($0)", $1) })
  }

  /// The tensors that a checkpoint has by the same name; nil when their shapes or types differ from
  /// these.
  func likes(named name: String, in tensors: [String: Tensor]) -> [Tensor]? {
    let found = indices.compactMap { tensors["\(name)/\($0)"] }
    let fits = zip(self, found).allSatisfy { $0.shape == $1.shape && $0.dtype == $1.dtype }
    return found.count == count && fits ? found : nil
  }
}
