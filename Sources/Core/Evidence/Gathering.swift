import BillhookEngine
import BillhookModels
import BillhookTorch

/// Evidence that is being gathered: what the observations so far left behind.
///
/// Hides the types of partial and finished evidence, so that different kinds gather side by side.
final class Gathering<Observation> {
  let evidence: any Evidence
  private let take: (Observation, String?) throws -> Void
  private let complete: (String?) throws -> Any
  private let save: () throws -> [String: Tensor]?
  private let restore: ([String: Tensor]) throws -> Void
  private let add: ([String: Tensor]) throws -> Void
  private let drop: () -> Void

  /// Starts gathering with nothing observed.
  init<E: Evidence>(_ evidence: E, observe: @escaping (Observation) throws -> E.Partial) {
    var partial: E.Partial?
    self.evidence = evidence
    take = { observation, place in
      partial = try evidence.answer(at: place) {
        let new = try observe(observation)
        return try partial.map { try evidence.merge($0, new) } ?? new
      }
    }
    complete = { place in
      guard let gathered = partial else {
        throw EvidenceError(evidence: evidence.signature, "observed nothing: the data is empty")
      }
      partial = nil
      return try evidence.answer(at: place) { try evidence.finish(gathered) }
    }
    save = { try evidence.answer { try partial?.tensors } }
    drop = { partial = nil }
    restore = { tensors in partial = try evidence.answer { try E.Partial(tensors: tensors) } }
    add = { tensors in
      partial = try evidence.answer {
        let new = try E.Partial(tensors: tensors)
        return try partial.map { try evidence.merge($0, new) } ?? new
      }
    }
  }

  /// Brings to process 0 what all have observed since the last finish, and merges it in their order;
  /// the others forget what they observed.
  ///
  /// - Parameters:
  ///   - own: What this process observed, as `partial` gives it.
  ///   - processes: The processes, which have met.
  ///   - device: Where this process computes; what travels is on the CPU.
  /// - Returns: Why nothing could be merged; the others are heard to their end all the same, so that
  ///   processes stay in step.
  /// - Throws: `LostProcess`.
  func gather(
    _ own: [String: Tensor]?,
    in processes: ProcessGroup,
    on device: Device
  ) throws -> (any Error)? {
    guard processes.leads else {
      try processes.send(own, to: 0)
      forget()
      return nil
    }
    var failure: (any Error)?
    for rank in 1..<max(1, processes.size) {
      guard let found = try processes.receive(from: rank), failure == nil else { continue }
      do { try add(found.mapValues { try $0.to(device: device) }) } catch { failure = error }
    }
    return failure
  }

  /// What the observations since the last finish left behind, as named tensors; nil without any.
  func partial() throws -> [String: Tensor]? { try save() }

  /// Forgets what was observed since the last finish.
  func forget() { drop() }

  /// Goes on from what observations left behind.
  func take(partial tensors: [String: Tensor]) throws { try restore(tensors) }

  /// Takes in an observation; `place` is what it is of, for messages.
  func observe(_ observation: Observation, at place: String? = nil) throws {
    try take(observation, place)
  }

  /// Finishes what was observed since the last call into the statistics.
  func finish(
    into statistics: inout Statistics,
    block: Int? = nil,
    weight: WeightID? = nil,
    at place: String? = nil
  ) throws {
    statistics.record(try complete(place), of: evidence, block: block, weight: weight)
  }
}

extension [Gathering<BlockActivations>] {
  /// What all of them have observed since the last finish, by their numbers and names.
  func partials() throws -> [String: Tensor] {
    var all: [String: Tensor] = [:]
    for (index, gathering) in enumerated() {
      for (name, tensor) in try gathering.partial() ?? [:] { all["\(index)/\(name)"] = tensor }
    }
    return all
  }

  /// Finishes into the statistics what `partials` gave.
  func finish(
    _ partials: [String: Tensor],
    into statistics: inout Statistics,
    block: Int? = nil,
    at place: String
  ) throws {
    for (index, gathering) in enumerated() {
      let own = partials.filter { $0.key.hasPrefix("\(index)/") }.map { name, tensor in
        (String(name.dropFirst("\(index)/".count)), tensor)
      }
      try gathering.take(partial: Dictionary(uniqueKeysWithValues: own))
      try gathering.finish(into: &statistics, block: block, at: place)
    }
  }
}

extension Gathering<BlockGradients> {
  /// Gathers evidence from gradients.
  static func gradients(_ evidence: some GradientEvidence) -> Gathering {
    Gathering(evidence, observe: evidence.observe)
  }
}

extension Gathering<TokenLoss> {
  /// Gathers evidence from losses.
  static func removals(_ evidence: some RemovalEvidence) -> Gathering {
    Gathering(evidence, observe: evidence.observe)
  }
}

extension Gathering<BlockActivations> {
  /// Gathers evidence from what runs through blocks.
  static func activations(_ evidence: some ActivationEvidence) -> Gathering {
    Gathering(evidence, observe: evidence.observe)
  }
}

extension Gathering<WeightObservation> {
  /// Gathers evidence from single matrices.
  static func weights(_ evidence: some WeightEvidence) -> Gathering {
    Gathering(evidence) { try evidence.observe($0.weight, $0.id) }
  }
}

extension Gathering<ProjectionObservation> {
  /// Gathers evidence from the projections of blocks and what enters them.
  static func projections(_ evidence: some ProjectionEvidence) -> Gathering {
    Gathering(evidence) { try evidence.observe($0.weights, $0.statistics) }
  }
}

extension [any Evidence] {
  /// The same requests, each once.
  var distinct: [any Evidence] {
    var seen: Set<String> = []
    return filter { seen.insert($0.identity).inserted }
  }
}
