import BillhookEngine
public import BillhookModels

/// Finished evidence, by what was asked for.
///
/// A criterion that scores weights is shown the results of the current block. One that scores units
/// is shown all results: one for each block or unit.
public struct Statistics {
  private var results: [String: [Found]] = [:]
  private let notes = Notes()
  /// The loss of the model with all of its units, where losses without each of them are measured.
  var whole: TokenLoss?

  /// A result, and what it is of.
  private struct Found {
    let block: Int?
    let weight: WeightID?
    let value: Any
  }

  /// Statistics without any results.
  public init() {}

  /// Adds the result of some evidence, for one block or for the model; for hand-written tests.
  public mutating func add<E: Evidence>(
    _ result: E.Result,
    of evidence: E,
    inBlock block: Int? = nil
  ) {
    record(result, of: evidence, block: block)
  }

  /// Adds the result of some evidence for one matrix; for hand-written tests.
  public mutating func add<E: WeightEvidence>(
    _ result: E.Result,
    of evidence: E,
    ofWeight id: WeightID
  ) {
    record(result, of: evidence, weight: id)
  }

  /// Tells the user something that is no error, such as which rows of a file were not used.
  public func note(_ text: String) {
    notes.all.append(GatheredNotes.Note(subject: nil, text: text))
  }

  /// Tells the user something about one of many; the same about others is gathered to one line.
  ///
  /// - Parameters:
  ///   - text: What to know, without anything that only this one has.
  ///   - subject: What it is about, such as the name of a projection.
  public func note(_ text: String, about subject: String) {
    notes.all.append(GatheredNotes.Note(subject: subject, text: text))
  }

  /// What was noted since the last call.
  func takeNotes() -> [GatheredNotes.Note] {
    defer { notes.all = [] }
    return notes.all
  }

  /// Notes that copies share, so that whoever is shown statistics can add to them.
  private final class Notes {
    var all: [GatheredNotes.Note] = []
  }

  mutating func record(
    _ result: Any,
    of evidence: any Evidence,
    block: Int? = nil,
    weight: WeightID? = nil
  ) {
    let found = Found(block: block ?? weight?.block, weight: weight, value: result)
    results[evidence.identity, default: []].append(found)
  }

  /// The result of evidence that a criterion declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared, or has several results.
  public func result<E: Evidence>(of evidence: E) throws -> E.Result {
    let all = try self.results(of: evidence)
    guard let result = all.first, all.count == 1 else {
      throw EvidenceError(evidence: evidence.signature, "has \(all.count) results, not one")
    }
    return result
  }

  /// The results, in the order of the units, of evidence that a criterion declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared.
  public func results<E: Evidence>(of evidence: E) throws -> [E.Result] {
    try found(evidence).compactMap { $0.value as? E.Result }
  }

  /// The result for one block of evidence that a criterion declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared, or has no result for the block.
  public func result<E: Evidence>(of evidence: E, inBlock number: Int) throws -> E.Result {
    let entry = try found(evidence).first { $0.block == number }
    guard let result = entry?.value as? E.Result else {
      throw EvidenceError(evidence: evidence.signature, "has no result for block \(number)")
    }
    return result
  }

  /// The result for one matrix of evidence of weights that an allocation declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared, or has no result for the matrix.
  public func result<E: WeightEvidence>(of evidence: E, ofWeight id: WeightID) throws -> E.Result {
    let entry = try found(evidence).first { $0.weight == id }
    guard let result = entry?.value as? E.Result else {
      throw EvidenceError(evidence: evidence.signature, "has no result for \(id)")
    }
    return result
  }

  /// The matrices for which there are results, in the order in which they were found.
  ///
  /// - Throws: `EvidenceError` when the evidence was not declared.
  public func weights<E: WeightEvidence>(of evidence: E) throws -> [WeightID] {
    try found(evidence).compactMap(\.weight)
  }

  /// The numbers of the blocks for which there are results, in order.
  ///
  /// - Throws: `EvidenceError` when the evidence was not declared.
  public func blocks<E: Evidence>(of evidence: E) throws -> [Int] {
    Set(try found(evidence).compactMap(\.block)).sorted()
  }

  private func found(_ evidence: any Evidence) throws(EvidenceError) -> [Found] {
    guard let found = results[evidence.identity] else {
      throw EvidenceError(
        evidence: evidence.signature,
        "was not gathered; a criterion lists it in `evidence`"
      )
    }
    return found
  }
}

/// Why evidence is not available.
public struct EvidenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The evidence that was asked for.
  public let evidence: String
  /// What is wrong.
  public let message: String

  init(evidence: String, _ message: String) {
    self.evidence = evidence
    self.message = message
  }

  /// The whole error in one line.
  public var description: String { "evidence `\(evidence)` \(message)" }
}
