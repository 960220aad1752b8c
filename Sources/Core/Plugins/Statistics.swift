import BillhookEngine

/// Finished evidence, by what was asked for.
///
/// What scores weight by weight is shown the results of the block at hand. What scores units is
/// shown all: one for each block or unit.
public struct Statistics {
  private var results: [String: [(block: Int?, value: Any)]] = [:]
  private let notes = Notes()
  /// The loss of the model with all of its units, where that of the model without each is measured.
  var whole: TokenLoss?

  /// Statistics of nothing.
  public init() {}

  /// Adds the result of some evidence, of one block or of the model; for tests by hand.
  public mutating func add<E: Evidence>(
    _ result: E.Result,
    of evidence: E,
    inBlock block: Int? = nil
  ) {
    record(result, of: evidence, block: block)
  }

  /// Tells the user something that stops nothing, such as which rows of a file were not used.
  public func note(_ text: String) { notes.texts.append(text) }

  /// What was noted since the last call.
  func takeNotes() -> [String] {
    defer { notes.texts = [] }
    return notes.texts
  }

  /// Shared by copies, so that whoever is shown statistics can note something.
  private final class Notes {
    var texts: [String] = []
  }

  mutating func record(_ result: Any, of evidence: any Evidence, block: Int? = nil) {
    results[evidence.identity, default: []].append((block, result))
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

  /// The numbers of the blocks for which there are results, in order.
  ///
  /// - Throws: `EvidenceError` when the evidence was not declared.
  public func blocks<E: Evidence>(of evidence: E) throws -> [Int] {
    try found(evidence).compactMap(\.block).sorted()
  }

  private func found(_ evidence: any Evidence) throws(EvidenceError) -> [(block: Int?, value: Any)]
  {
    guard let found = results[evidence.identity] else {
      throw EvidenceError(
        evidence: evidence.signature,
        "was not gathered; a criterion lists it in `evidence`"
      )
    }
    return found
  }
}

/// Why evidence is not there.
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
