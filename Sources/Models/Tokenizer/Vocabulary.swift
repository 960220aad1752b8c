/// The tokens of a model, numbered from 0 without gaps.
struct Vocabulary: Sendable {
  private let table: ByteTable

  init(_ field: TokenizerField) throws(TokenizerError) {
    let members = try field.members()
    guard members.count < Int32.max else { throw field.failure("too many tokens") }

    // Nothing is sized by an id of the file: each has to be below the number of tokens.
    var order = [Int](repeating: -1, count: members.count)
    for (index, member) in members.enumerated() {
      guard let id = member.value.int, order.indices.contains(id) else {
        throw field[member.key].unexpected("an id from 0 to \(members.count - 1)")
      }
      guard order[id] < 0 else {
        throw field[member.key].failure("the id \(id) belongs to `\(members[order[id]].key)` too")
      }
      order[id] = index
    }

    var table = ByteTable(minimumCapacity: members.count)
    for (id, index) in order.enumerated() {
      let key = members[index].key
      guard table.insert(Array(key.utf8), Int32(truncatingIfNeeded: id)) else {
        throw field[key].failure("this token stands twice")
      }
    }
    self.table = table
  }

  var count: Int { table.count }

  func id(of bytes: [UInt8]) -> Int32? {
    table.find(bytes)
  }

  func id(of bytes: [UInt8], _ range: Range<Int>) -> Int32? {
    table.find(bytes, range)
  }

  /// The bytes of a token; none for an id that is not there.
  func bytes(of id: Int) -> ArraySlice<UInt8> {
    table.key(at: id)
  }
}
