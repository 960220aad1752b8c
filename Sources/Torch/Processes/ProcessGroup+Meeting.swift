extension ProcessGroup {
  /// How one process fails.
  public enum Failure: Sendable {
    /// It was asked to stop.
    case cancelled
    /// What it would say.
    case error(String)
  }

  /// Waits until all processes are at the same point, and tells them where this one failed.
  ///
  /// - Parameters:
  ///   - place: The point, the same in all processes.
  ///   - failure: Why this process does not go on; nil where it does.
  /// - Throws: `PeerError` where another process failed; `ApartError`, in all of them, where they are
  ///   at different points; `LostProcess` where one is gone.
  public func meet(at place: String, failing failure: Failure? = nil) throws {
    guard size > 1 else { return }
    let state =
      switch failure {
      case nil: 0
      case .cancelled: 1
      case .error: 2
      }
    let mark = Int(Int64(bitPattern: RandomSeed(0).derived(place).value))
    let states = try gather(Tensor([state, mark])).map { try $0.integers() }
    guard states.allSatisfy({ $0[0] == 0 }) else {
      // A failure says more than that somebody was asked to stop.
      let worst = states.map { $0[0] }.max() ?? 0
      let rank = states.firstIndex { $0[0] == worst } ?? 0
      let text: String = if case .error(let text) = failure { text } else { "" }
      let said = try broadcast(bytes: Array(text.utf8), from: rank) ?? []
      guard failure == nil else { return }
      let error = PeerError(
        rank: rank,
        message: String(decoding: said, as: UTF8.self),
        isCancelled: worst == 1
      )
      peerFailure = error
      throw error
    }
    guard let other = states.firstIndex(where: { $0[1] != states[0][1] }) else { return }
    let first = try broadcast(bytes: Array(place.utf8), from: 0) ?? []
    let apart = try broadcast(bytes: Array(place.utf8), from: other) ?? []
    let error = ApartError(
      rank: other,
      place: String(decoding: apart, as: UTF8.self),
      leading: String(decoding: first, as: UTF8.self)
    )
    peerFailure = error
    throw error
  }

  /// Does work that fails in all processes where it fails in one.
  ///
  /// What it throws may be another error that a failure of the group was turned into on its way.
  ///
  /// - Parameters:
  ///   - place: What it is, the same in all processes.
  ///   - failure: How an error is told to the others.
  ///   - body: The work.
  /// - Returns: What it gives.
  /// - Throws: What the work throws; `PeerError`, `ApartError` and `LostProcess` as they were.
  public func together<Result>(
    _ place: String,
    failure: (any Error) -> Failure,
    _ body: () throws -> Result
  ) throws -> Result {
    guard size > 1 else { return try body() }
    peerFailure = nil
    do {
      let result = try body()
      try meet(at: place)
      return result
    } catch {
      if let loss { throw loss }
      if let known = peerFailure {
        peerFailure = nil
        throw known
      }
      try? meet(at: place, failing: failure(error))
      throw error
    }
  }
}

/// Another process failed, so this one ends what it does too.
public struct PeerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The process that failed.
  public let rank: Int
  /// What it said.
  public let message: String
  /// Whether it was asked to stop.
  public let isCancelled: Bool

  /// The whole error in one line.
  public var description: String {
    isCancelled ? "process \(rank) was asked to stop" : "in process \(rank): \(message)"
  }
}

/// The processes have diverged.
public struct ApartError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The first process that is elsewhere than process 0.
  public let rank: Int
  /// Where it is.
  public let place: String
  /// Where process 0 is.
  public let leading: String

  /// The whole error in one line.
  public var description: String {
    "process \(rank) is not where process 0 is: \(place), and \(leading); start all processes with the "
      + "same command, program, files and --threads, on processors of one kind"
  }
}
