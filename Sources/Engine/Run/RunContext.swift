package import BillhookFiles
package import BillhookModels
public import BillhookTorch

/// The context that every plugin call receives: device and type, progress, cancellation, scratch
/// folder.
public struct RunContext: Sendable {
  /// The device that the arithmetic runs on.
  public let device: Device
  /// The device of process 0, by which results are known; that of this process where it works alone.
  package var leadingDevice: Device
  /// The type of the arithmetic; weights are converted to it one block at a time.
  public private(set) var dtype: DType
  /// The processes that share this work; this one alone where it is not dealt out.
  package private(set) var processes = ProcessGroup.alone
  /// The bytes of the device's memory that may be used in addition to the weights of one block; nil for a
  /// device that does not say how much it has.
  ///
  /// It chooses between methods that give the same bytes: what is kept in memory, computed twice,
  /// or put on disk.
  public let memory: Int?
  /// Where weights stay on a device with memory of its own; nil on the processor, and for a device that
  /// does not say how much it has.
  package var room: DeviceRoom?
  /// A folder for files that are not needed after the run.
  public private(set) var scratch: String
  /// Receives progress events.
  public package(set) var progress: @Sendable (ProgressEvent) -> Void
  /// Whether the user asked to stop.
  public let isCancelled: @Sendable () -> Bool
  /// The folder for event files of TensorBoard, one folder in it for each log; nil for none.
  package var events: String?
  /// How many tokens run through a block at once; nil for a default that suits the device.
  ///
  /// Results do not depend on it beyond rounding.
  package var tokensAtOnce: Int?
  /// The shortest time from one write of how far a pass or a search is to the next.
  package var passInterval = Duration.seconds(60)
  /// How blocks over long windows are cut into pieces; results do not depend on it beyond rounding.
  package var pieces = PieceSizes()

  /// The number of this process among those that share this work.
  public var rank: Int { processes.rank }
  /// How many processes share it.
  public var world: Int { processes.size }

  /// Makes a context; by default it drops progress events and is never cancelled.
  ///
  /// Of a device that has memory of its own, weights may take what is free and not for the arithmetic.
  ///
  /// - Parameters:
  ///   - device: Where the arithmetic runs.
  ///   - dtype: The type of the arithmetic.
  ///   - memory: The bytes that the arithmetic may take; nil for half of the machine's, or of what is free
  ///     on a device with memory of its own.
  ///   - scratch: A folder for files that are not needed after the run.
  ///   - progress: Receives progress events.
  ///   - isCancelled: Whether the user asked to stop.
  public init(
    device: Device = .cpu,
    dtype: DType = .float32,
    memory: Int? = nil,
    scratch: String,
    progress: @escaping @Sendable (ProgressEvent) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.device = device
    leadingDevice = device
    self.dtype = dtype
    let free = device == .cpu ? Machine.memory : device.freeMemory
    self.memory = memory ?? free.map { $0 / 2 }
    room = device == .cpu ? nil : free.map { DeviceRoom($0 - (memory ?? $0 / 2)) }
    self.scratch = scratch
    self.progress = progress
    self.isCancelled = isCancelled
  }

  /// The context for one of several equal parts of the work, whose progress adds up to the whole.
  package func part(_ index: Int, of count: Int) -> RunContext {
    var context = self
    context.progress = { [progress] event in
      guard case .advanced(let done, let steps) = event else { return progress(event) }
      progress(.advanced(done: index * steps + done, of: count * steps))
    }
    return context
  }

  /// Where the lines of a log go: a new file of JSON lines, and an event file where those are wanted.
  ///
  /// - Parameter log: The path of the log.
  /// - Returns: The sinks.
  /// - Throws: `FileError` when a file cannot be created.
  package func sinks(of log: String) throws -> [any LogSink] {
    let lines: any LogSink = try JSONLinesLog(log)
    guard let events else { return [lines] }
    let file = log.split(separator: "/").last.map(String.init) ?? "log"
    let name = file.hasSuffix(".jsonl") ? String(file.dropLast(".jsonl".count)) : file
    return [lines, try EventFile(in: "\(events)/\(name)")]
  }

  /// The same context without progress events.
  package var silent: RunContext {
    var context = self
    context.progress = { _ in }
    return context
  }

  /// The same context with another type of the arithmetic.
  package func computing(in dtype: DType) -> RunContext {
    var context = self
    context.dtype = dtype
    return context
  }

  /// The same context for work that some processes share: all of them have to do it.
  package func shared(by processes: ProcessGroup) -> RunContext {
    var context = self
    context.processes = processes
    return context
  }

  /// The same context with another scratch folder.
  package func keepingScratch(at folder: String) -> RunContext {
    var context = self
    context.scratch = folder
    return context
  }

  /// Reports the share of the work that is done, and throws `Cancelled` if the user asked to stop.
  public func advance(to share: Double) throws {
    try checkCancelled()
    // A plugin may divide by a number of its own that is 0.
    let known = share.isNaN ? 0 : min(1, max(0, share))
    progress(.advanced(done: Int(known * 1000), of: 1000))
  }

  /// Throws `Cancelled` if the user asked to stop; nothing that was finished is lost.
  public func checkCancelled() throws(Cancelled) {
    if isCancelled() { throw Cancelled() }
  }
}

/// The error that ends a run that was asked to stop.
public struct Cancelled: Error, Equatable, Sendable {
  /// Makes the error.
  public init() {}
}

/// What work reports while it runs.
public enum ProgressEvent: Sendable, Equatable {
  /// A stage began; nothing of it is done yet.
  case began(stage: String)
  /// Some of the equal steps of the stage are done.
  case advanced(done: Int, of: Int)
  /// A step of a training is done.
  case trained(TrainingProgress)
  /// The stage is done: seconds, and the result in a few words.
  case ended(stage: String, seconds: Double, result: String)
  /// The result of an earlier run was reused: the result in a few words.
  case reused(stage: String, result: String)
  /// Something that the user should know and that stops nothing; the report repeats it.
  case note(String)
  /// The state of the work in words; the report shows it elsewhere, or does not need it.
  case remark(String)
  /// Something that the user has to know before using the result: that it is probably unusable.
  case warning(String)
}
