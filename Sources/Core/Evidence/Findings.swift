/// Finished evidence, by what was asked for.
///
/// Evidence that is finished block by block has one result, that of the block at hand; evidence
/// that is finished unit by unit has one for each unit.
public struct Findings {
  private var results: [String: [Any]] = [:]

  init() {}

  mutating func record(_ result: Any, of evidence: any Evidence) {
    results[evidence.signature, default: []].append(result)
  }

  /// The result of evidence that a criterion declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared, or is finished unit by unit.
  public func result<E: Evidence>(of evidence: E) throws -> E.Result {
    let all = try self.results(of: evidence)
    guard let result = all.first, all.count == 1 else {
      throw EvidenceError(
        evidence: evidence.signature,
        "has \(all.count) results, one for each unit"
      )
    }
    return result
  }

  /// The results, in the order of the units, of evidence that a criterion declared.
  ///
  /// - Throws: `EvidenceError` when it was not declared.
  public func results<E: Evidence>(of evidence: E) throws -> [E.Result] {
    guard let found = results[evidence.signature] else {
      throw EvidenceError(
        evidence: evidence.signature,
        "was not gathered; a criterion lists it in `evidence`"
      )
    }
    return found.compactMap { $0 as? E.Result }
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
