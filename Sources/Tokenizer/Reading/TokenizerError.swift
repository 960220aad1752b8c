import BillhookFiles

/// Why a tokenizer file cannot be used.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the caller named it.
  public let file: String
  /// The member that is at fault, as in `model.merges[3]`; empty for the whole file.
  public let key: String
  /// What is wrong with it.
  public let problem: String

  package init(file: String, key: String, problem: String) {
    self.file = file
    self.key = key
    self.problem = problem
  }

  /// File, key and problem on one line; what the file says in it is shortened.
  public var description: String {
    let problem = problem.shown(atMost: 2000)
    return key.isEmpty ? "\(file): \(problem)" : "\(file): `\(key.shown(atMost: 200))`: \(problem)"
  }
}
