import BillhookCore

extension SavedRecord {
  /// A summary of a directory that is equal as long as the files saved there are as they were left,
  /// whatever was added beside them; nil when they cannot be looked at.
  static func contents(in path: String) -> JSON? {
    guard let identities = try? identities(in: path) else { return nil }
    let files = identities.sorted { $0.key < $1.key }
    return .object(files.map { JSON.Member(key: $0.key, value: .string($0.value)) })
  }
}
