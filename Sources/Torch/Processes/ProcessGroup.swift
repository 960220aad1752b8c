import CTorch

/// The processes that share the work of a run, by c10d's Gloo backend; of one process it does nothing.
///
/// All processes call the same functions in the same order, each from one thread. `meet` sees to that: it
/// comes before everything that is exchanged, and where one process failed, it fails in all of them. A
/// process that is gone ends the group.
public final class ProcessGroup: @unchecked Sendable {
  /// The number of this process, counted from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  private let handle: ct_group?
  private let store: ProcessStore?
  /// How the group ended, because a process was lost.
  public private(set) var loss: LostProcess?

  /// The interface that processes reach each other by.
  public enum Interface: Sendable {
    /// That of the address of a host.
    case host(String)
    /// One by its name, such as `eth0`.
    case named(String)
    /// That of the machine's name.
    case ofMachine
  }

  /// A group of this process alone.
  public static let alone = ProcessGroup()

  private init() {
    (rank, size, handle, store) = (0, 1, nil, nil)
  }

  /// Joins a group, and waits for all its processes.
  ///
  /// - Parameters:
  ///   - store: Where they find each other.
  ///   - prefix: What distinguishes the group from others in the store.
  ///   - rank: The number of this process.
  ///   - size: The number of processes.
  ///   - interface: How they reach each other.
  ///   - seconds: How long they are waited for.
  /// - Throws: `TorchError` when they cannot be reached in time.
  public init(
    _ store: ProcessStore,
    prefix: String,
    rank: Int,
    of size: Int,
    by interface: Interface,
    seconds: Int = 300
  ) throws(TorchError) {
    let host: String? = if case .host(let name) = interface { name } else { nil }
    let named: String? = if case .named(let name) = interface { name } else { nil }
    var group: ct_group?
    try call("process group, process \(rank) of \(size)") {
      ct_group_new(
        store.handle,
        prefix,
        Int32(clamping: rank),
        Int32(clamping: size),
        host,
        named,
        Int64(seconds) * 1000,
        Self.longest,
        &group
      )
    }
    guard let group else {
      throw TorchError(operation: "process group", message: "libtorch gave no group back")
    }
    (self.rank, self.size, handle, self.store) = (rank, size, group, store)
  }

  deinit { if let handle { ct_group_free(handle) } }

  /// How long an exchange may take, in milliseconds: a process may compute alone for days, and one that
  /// is gone is noticed by its closed connection.
  private static let longest: Int64 = 90 * 24 * 3600 * 1000

  /// Whether this process owns what is shared: the work folder, and what is shown.
  public var leads: Bool { rank == 0 }

  /// The part of `count` equal pieces of work that is this process's: neighbours, in the order of the
  /// processes.
  public func part(of count: Int) -> Range<Int> {
    (rank * count + size - 1) / size..<((rank + 1) * count + size - 1) / size
  }

  /// The failure of another process that `meet` told of last, until it is taken.
  var peerFailure: (any Error)?

  // MARK: Exchanges; each after `meet`

  /// Replaces each tensor by its sum over all processes, with the same bits in all of them.
  ///
  /// - Throws: `LostProcess`.
  public func sum(_ tensors: [Tensor]) throws {
    guard size > 1, !tensors.isEmpty else { return }
    let sums = try tensors.map { try $0.to(device: .cpu).contiguous() }
    try exchange("sum", on: sums) { group in
      ct_group_sum(group, sums.map(\.handle), sums.count)
    }
    for (tensor, sum) in zip(tensors, sums) where tensor !== sum { try tensor.copy(from: sum) }
  }

  /// The numbers of all processes, in their order; each may have as many as it likes.
  ///
  /// - Throws: `LostProcess`.
  public func gather(_ numbers: [Double]) throws -> [[Double]] {
    guard size > 1 else { return [numbers] }
    let counts = try gather(Tensor([numbers.count])).map { try $0.integers()[0] }
    guard let most = counts.max(), most > 0 else { return counts.map { _ in [] } }
    let padding = [Double](repeating: 0, count: most - numbers.count)
    return try zip(gather(Tensor(numbers + padding)), counts).map { all, count in
      Array(try all.doubles().prefix(count))
    }
  }

  /// The least of the processes' numbers.
  ///
  /// - Throws: As `meet`, and `LostProcess`.
  public func least(_ number: Int) throws -> Int {
    guard size > 1 else { return number }
    try meet(at: "the least number")
    return try gather(Tensor([number])).flatMap { try $0.integers() }.min() ?? number
  }

  /// A tensor of the same type and shape from each process, in their order.
  func gather(_ own: Tensor) throws -> [Tensor] {
    guard size > 1 else { return [own] }
    let own = try own.contiguous()
    let all = try (0..<size).map { _ in try Tensor.zeros(own.shape, dtype: own.dtype) }
    try exchange("gather", on: [own]) { group in
      ct_group_gather(group, own.handle, all.map(\.handle), all.count)
    }
    return all
  }

  /// Overwrites the tensors of all processes by those of one, of the same types and shapes.
  ///
  /// - Throws: `LostProcess`.
  public func broadcast(_ tensors: [Tensor], from source: Int = 0) throws {
    guard size > 1 else { return }
    for tensor in tensors where tensor.elementCount > 0 {
      let sent = try tensor.to(device: .cpu).contiguous()
      try exchange("broadcast", on: [sent]) { group in
        ct_group_broadcast(group, sent.handle, Int32(source))
      }
      if sent !== tensor { try tensor.copy(from: sent) }
    }
  }

  /// The number of process 0, in all of them.
  ///
  /// - Throws: `LostProcess`.
  public func broadcast(number: Int) throws -> Int {
    guard size > 1 else { return number }
    let tensor = try Tensor([number])
    try broadcast([tensor])
    return try tensor.integers()[0]
  }

  /// The bytes of one process, in all of them; nil where it has none.
  ///
  /// - Throws: `LostProcess`.
  public func broadcast(bytes: [UInt8]?, from source: Int = 0) throws -> [UInt8]? {
    guard size > 1 else { return bytes }
    let count = try Tensor([bytes?.count ?? -1])
    try broadcast([count], from: source)
    let length = try count.integers()[0]
    guard length > 0 else { return length < 0 ? nil : [] }
    let sent = try Tensor.zeros([length], dtype: .uint8)
    if rank == source, let bytes { try sent.copy(from: Self.tensor(of: bytes)) }
    try broadcast([sent], from: source)
    return try sent.withBytes { Array($0) }
  }

  /// Sends tensors by name to another process, which receives them; nil says that there are none.
  ///
  /// - Throws: `LostProcess`.
  public func send(_ tensors: [String: Tensor]?, to rank: Int) throws {
    let entries = try tensors?.sorted { $0.key < $1.key }.map { name, tensor in
      (name: name, tensor: try tensor.to(device: .cpu).contiguous())
    }
    let header = entries.map { $0.map { "\($0.name)\t\($0.tensor.dtype)\t\($0.tensor.shape)" } }
    let text = Array((header ?? []).joined(separator: "\n").utf8)
    try send(Tensor([entries == nil ? -1 : text.count]), to: rank)
    if !text.isEmpty { try send(Self.tensor(of: text), to: rank) }
    for entry in entries ?? [] { try send(entry.tensor, to: rank) }
  }

  private func send(_ tensor: Tensor, to rank: Int) throws {
    guard tensor.elementCount > 0 else { return }
    try exchange("send", on: [tensor]) { ct_group_send($0, tensor.handle, Int32(rank)) }
  }

  /// The tensors that another process sends.
  ///
  /// - Throws: `LostProcess`.
  public func receive(from rank: Int) throws -> [String: Tensor]? {
    let count = try received([1], .int64, from: rank).integers()[0]
    guard count >= 0 else { return nil }
    let text = try received([count], .uint8, from: rank).withBytes {
      String(decoding: $0, as: UTF8.self)
    }
    var tensors: [String: Tensor] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: "\t")
      guard words.count == 3, let dtype = DType(rawValue: String(words[1])) else {
        throw TorchError(operation: "receive", message: "process \(rank) sent `\(line)`")
      }
      let sizes = words[2].dropFirst().dropLast().split(separator: ",")
      let shape = sizes.compactMap { Int($0.drop { $0 == " " }) }
      tensors[String(words[0])] = try received(shape, dtype, from: rank)
    }
    return tensors
  }

  private func received(_ shape: [Int], _ dtype: DType, from rank: Int) throws -> Tensor {
    let tensor = try Tensor.zeros(shape, dtype: dtype)
    guard tensor.elementCount > 0 else { return tensor }
    try exchange("receive", on: [tensor]) { ct_group_receive($0, tensor.handle, Int32(rank)) }
    return tensor
  }

  private static func tensor(of bytes: [UInt8]) throws -> Tensor {
    try bytes.withUnsafeBytes { try Tensor(copying: $0, shape: [bytes.count], dtype: .uint8) }
  }

  private func exchange(
    _ operation: String,
    on tensors: [Tensor],
    _ body: (ct_group) -> ct_status
  ) throws {
    if let loss { throw loss }
    guard let handle else { return }
    do {
      try call(operation, on: tensors) { body(handle) }
    } catch {
      let lost = LostProcess(rank: rank, message: error.message)
      loss = lost
      throw lost
    }
  }
}

/// A process of the group is gone, or cannot be reached.
public struct LostProcess: Error, Equatable, Sendable, CustomStringConvertible {
  /// The process that noticed.
  public let rank: Int
  /// What Gloo said.
  public let message: String

  /// The whole error in one line.
  public var description: String {
    "process \(rank) lost the connection to another process, so the run ends (\(message))"
  }
}
