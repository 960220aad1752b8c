import BillhookFiles

/// The tokens of a model by id, and their ids by token.
struct Vocabulary: Sendable {
  private let table: ByteTable
  /// The table entry of each id; -1 for an id that no token has.
  private let entries: [Int32]

  /// How many ids may be skipped, as some vocabularies do before their special tokens.
  private static let mostGaps = 1024

  init(_ field: TokenizerField) throws(TokenizerError) {
    let members = try field.members()
    guard members.count < Int32.max / 2 else { throw field.failure("too many tokens") }

    // No allocation follows an id of the file: each has to be near the number of tokens.
    var order = [Int](repeating: -1, count: members.count + Self.mostGaps)
    for (index, member) in members.enumerated() {
      guard let id = member.value.int, order.indices.contains(id) else {
        throw field[member.key].unexpected("an id from 0 to \(order.count - 1)")
      }
      guard order[id] < 0 else {
        throw field[member.key].failure("`\(members[order[id]].key)` has the id \(id) too")
      }
      order[id] = index
    }

    var table = ByteTable(minimumCapacity: members.count)
    var entries: [Int32] = []
    for (id, index) in order[..<((order.lastIndex { $0 >= 0 } ?? -1) + 1)].enumerated() {
      guard index >= 0 else {
        entries.append(-1)
        continue
      }
      let key = members[index].key
      entries.append(Int32(truncatingIfNeeded: table.count))
      guard table.insert(Array(key.utf8), Int32(truncatingIfNeeded: id)) else {
        throw field[key].failure("this token occurs twice")
      }
    }
    self.table = table
    self.entries = entries
  }

  /// Makes a vocabulary of a list in the order of the ids; of equal tokens the last one is found.
  init(_ field: TokenizerField, pieces: [[UInt8]]) throws(TokenizerError) {
    guard pieces.count < Int32.max / 2 else { throw field.failure("too many tokens") }
    var table = ByteTable(minimumCapacity: pieces.count)
    var entries = [Int32](repeating: -1, count: pieces.count)
    for (id, piece) in pieces.enumerated().reversed() {
      entries[id] = Int32(truncatingIfNeeded: table.count)
      if !table.insert(piece, Int32(truncatingIfNeeded: id)), let last = table.find(piece) {
        entries[id] = entries[Int(last)]
      }
    }
    self.table = table
    self.entries = entries
  }

  /// How many ids there are, including those that no token has.
  var idCount: Int { entries.count }

  /// Whether there are ids that no token has.
  var hasGaps: Bool { entries.contains(-1) }

  /// Whether a token has this id.
  func contains(_ id: Int) -> Bool { entries.indices.contains(id) && entries[id] >= 0 }

  func id(of bytes: [UInt8]) -> Int32? {
    table.find(bytes)
  }

  func id(of bytes: [UInt8], _ range: Range<Int>) -> Int32? {
    table.find(bytes, range)
  }

  /// The bytes of a token; empty for an unknown id.
  func bytes(of id: Int) -> ArraySlice<UInt8> {
    contains(id) ? table.key(at: Int(entries[id])) : []
  }
}
