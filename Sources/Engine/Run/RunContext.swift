package import BillhookModels
public import BillhookTorch

/// What every plugin call receives: where it runs, whom it tells, when it stops.
public struct RunContext: Sendable {
  /// Where the arithmetic runs.
  public let device: Device
  /// The type of the arithmetic; weights are converted to it one block at a time.
  public private(set) var dtype: DType
  /// The number of this machine among those that share the work.
  public let rank = 0
  /// How many machines share the work.
  public let world = 1
  /// The bytes of memory that may be taken beside the weights of one block; nil for half of the
  /// machine's.
  ///
  /// It chooses between ways that give the same bytes: what is kept, computed twice, or put on disk.
  public let memory: Int?
  /// A folder for files that nobody needs after the run.
  public private(set) var scratch: String
  /// Hears what happens.
  public package(set) var progress: @Sendable (ProgressEvent) -> Void
  /// Whether somebody asked to stop.
  public let isCancelled: @Sendable () -> Bool
  /// The tokens that run through a block at once; nil for what suits the device.
  ///
  /// Results do not depend on it beyond rounding.
  package var tokensAtOnce: Int?
  /// How blocks over long windows are cut into pieces; results do not depend on it beyond rounding.
  package var pieces = PieceSizes()

  /// A context; without a listener nobody is told, and nothing stops it.
  public init(
    device: Device = .cpu,
    dtype: DType = .float32,
    memory: Int? = nil,
    scratch: String,
    progress: @escaping @Sendable (ProgressEvent) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.device = device
    self.dtype = dtype
    self.memory = memory
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

  /// The context for work that nobody is told of step by step.
  package var silent: RunContext {
    var context = self
    context.progress = { _ in }
    return context
  }

  /// The context with another type of the arithmetic.
  package func computing(in dtype: DType) -> RunContext {
    var context = self
    context.dtype = dtype
    return context
  }

  /// The context with another folder in the place of the scratch folder.
  package func keepingScratch(at folder: String) -> RunContext {
    var context = self
    context.scratch = folder
    return context
  }

  /// Stops between two pieces of work if somebody asked for it, and tells the share that is done.
  public func advance(to share: Double) throws {
    try checkCancelled()
    progress(.advanced(done: Int(share * 1000), of: 1000))
  }

  /// Stops here if somebody asked for it; nothing that was finished is lost.
  public func checkCancelled() throws(Cancelled) {
    if isCancelled() { throw Cancelled() }
  }
}

/// The run was asked to stop.
public struct Cancelled: Error, Equatable, Sendable {
  /// The one way to be cancelled.
  public init() {}
}

/// What work tells while it is under way.
public enum ProgressEvent: Sendable, Equatable {
  /// A stage began; nothing of it is done yet.
  case began(stage: String)
  /// So many of so many equal steps of the stage are done.
  case advanced(done: Int, of: Int)
  /// A step of a training is done.
  case trained(TrainingProgress)
  /// The stage is done: seconds, and what came out in a few words.
  case ended(stage: String, seconds: Double, result: String)
  /// An earlier stage had found the result: what it is in a few words.
  case reused(stage: String, result: String)
  /// Something the user should know, that stops nothing; the report says it again.
  case note(String)
  /// How the work goes, in words, which the report has in its own place or need not have.
  case remark(String)
  /// Something the user has to know before using the result: that it is probably no good.
  case warning(String)
}
