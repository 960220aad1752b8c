/// A JSON object as text, whose top-level members can be changed without touching anything else.
///
/// A configuration edited this way differs from its source exactly where it has to.
public struct JSONText: Sendable {
  /// Everything up to and including the opening brace.
  private var head: [UInt8]
  private var members: [Piece] = []
  /// Everything after the last member: for an empty object, its inside too.
  private var foot: [UInt8]
  let nonFinite: JSON.NonFinite

  /// A member with the bytes around it, so that joining all pieces gives the text again.
  private struct Piece {
    let key: String
    /// Space before the name.
    var lead: [UInt8]
    /// The name in its quotes.
    var name: [UInt8]
    /// The colon and the space around it.
    var colon: [UInt8]
    var value: [UInt8]
    /// Space before the comma or the closing brace.
    var tail: [UInt8]
  }

  /// Reads the text of an object.
  ///
  /// - Parameters:
  ///   - bytes: The whole document in UTF-8.
  ///   - maximumDepth: How deep arrays and objects may be nested; 512 at most.
  ///   - nonFinite: What becomes of `NaN` and `Infinity`: as text they stay what they are, if they are
  ///     not refused.
  /// - Throws: The first error in the text, or that it is another kind of value.
  public init(
    _ bytes: some Sequence<UInt8>,
    maximumDepth: Int = 128,
    nonFinite: JSON.NonFinite = .refused
  ) throws(JSONError) {
    var parser = JSONParser(Array(bytes), maximumDepth: maximumDepth)
    parser.nonFinite = nonFinite
    self.nonFinite = nonFinite
    try parser.begin()
    guard parser.current == UInt8(ascii: "{") else { throw parser.unexpected("an object") }
    var end = parser.position + 1
    head = Array(parser.bytes[..<end])

    var members: [Piece] = []
    try parser.object { (parser, key, name) throws(JSONError) in
      let start = parser.position
      _ = try parser.value()
      let value = start..<parser.position
      parser.skipSpace()
      members.append(
        Piece(
          key: key,
          lead: Array(parser.bytes[end..<name.lowerBound]),
          name: Array(parser.bytes[name]),
          colon: Array(parser.bytes[name.upperBound..<value.lowerBound]),
          value: Array(parser.bytes[value]),
          tail: Array(parser.bytes[value.upperBound..<parser.position])
        )
      )
      end = parser.position + 1
    }
    // The last member was followed by the closing brace and not by a comma.
    let footStart = members.isEmpty ? end : end - 1
    try parser.end()
    foot = Array(parser.bytes[footStart...])
    self.members = members
  }

  /// The text with all changes so far.
  public var bytes: [UInt8] {
    var bytes = head
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += member.lead + member.name + member.colon + member.value + member.tail
    }
    return bytes + foot
  }

  /// The object as a value, with all changes so far.
  public var json: JSON {
    get throws(JSONError) { try JSON(parsing: bytes, nonFinite: nonFinite) }
  }

  /// The names of the members in the order of the text.
  public var keys: [String] { members.map(\.key) }

  /// Gives a member this value: in place, or appended before the closing brace.
  ///
  /// A new member is laid out like the one before it. A list or an object is spread over several
  /// lines where the members are, unless it replaces one that was on a single line.
  public mutating func set(_ key: String, to value: JSON) {
    guard let index = index(of: key) else { return append(key, value) }
    let old = members[index].value
    let stoodOnOneLine =
      (old.first == UInt8(ascii: "[") || old.first == UInt8(ascii: "{")) && !old.contains(0x0A)
    members[index].value = text(value, lead: stoodOnOneLine ? [] : members[index].lead)
  }

  /// Gives a member that is there an object as its value, byte for byte.
  package mutating func set(_ key: String, to object: JSONText) {
    if let index = index(of: key) { members[index].value = object.bytes }
  }

  /// The bytes of a member's value.
  func text(of key: String) -> [UInt8]? { index(of: key).map { members[$0].value } }

  /// Removes a member with its comma; without such a member nothing happens.
  public mutating func remove(_ key: String) {
    guard let index = index(of: key) else { return }
    let removed = members.remove(at: index)
    if index > 0, index == members.count { members[index - 1].tail = removed.tail }
    if members.isEmpty { foot = removed.tail + foot }
  }

  private func index(of key: String) -> Int? {
    members.firstIndex { $0.key.isIdentical(to: key) }
  }

  private mutating func append(_ key: String, _ value: JSON) {
    var writer = JSONWriter(newline: nil, step: "")
    writer.write(quoted: key)
    let name = Array(writer.text.utf8)

    guard let last = members.last else {
      let lead = Array("\n  ".utf8)
      let value = text(value, lead: lead)
      foot.removeSubrange(..<(foot.firstIndex(of: UInt8(ascii: "}")) ?? 0))
      members = [
        Piece(
          key: key,
          lead: lead,
          name: name,
          colon: Array(": ".utf8),
          value: value,
          tail: [0x0A]
        )
      ]
      return
    }
    // A one-line object has a space after a comma, but none before its first member.
    let needsSpace = members.count == 1 && last.lead.isEmpty && last.colon.count > 1
    members[members.count - 1].tail = []
    members.append(
      Piece(
        key: key,
        lead: needsSpace ? [0x20] : last.lead,
        name: name,
        colon: last.colon,
        value: text(value, lead: last.lead),
        tail: last.tail
      )
    )
  }

  /// The text of a value for a member whose name follows this space.
  private func text(_ value: JSON, lead: [UInt8]) -> [UInt8] {
    let newline = lead.lastIndex(of: 0x0A)
    let carriage = newline.map { lead[..<$0].last == 0x0D } ?? false
    let indentation = String(decoding: lead[((newline ?? -1) + 1)...], as: UTF8.self)
    var writer = JSONWriter(
      newline: newline.map { _ in (carriage ? "\r\n" : "\n") + indentation },
      step: indentation
    )
    writer.write(value)
    return Array(writer.text.utf8)
  }
}
