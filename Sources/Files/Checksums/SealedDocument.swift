/// A JSON object on the disk whose last member is the checksum of the others, so that damage is
/// noticed: one changed byte, wherever it is, and the document is not read.
///
/// It guards against bad disks and stray edits, not against forgery: anybody can write a sealed
/// document.
package enum SealedDocument {
  /// The key of the checksum.
  package static let seal = "sha256"

  /// The text of a document with these members.
  package static func text(_ members: [JSON.Member]) -> String {
    let seal = JSON.Member(key: seal, value: .string(checksum(of: members)))
    return JSON.object(members + [seal]).text() + "\n"
  }

  /// Reads a document; nil when it is damaged, or no sealed document.
  package static func open(_ bytes: [UInt8]) -> JSON? {
    guard var members = (try? JSON(parsing: bytes))?.members, let last = members.popLast(),
      last.key == seal, last.value.string == checksum(of: members)
    else { return nil }
    return .object(members)
  }

  private static func checksum(of members: [JSON.Member]) -> String {
    SHA256.hex(JSON.object(members).text(indent: nil))
  }
}
