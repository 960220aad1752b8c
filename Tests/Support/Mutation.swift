public import BillhookCore

/// Random changes to inputs.
public enum Mutation {
  /// Changes a few bytes: removes, repeats, inserts or replaces some, or cuts off the end.
  public static func bytes(
    _ bytes: inout [UInt8],
    pieces: [String] = [],
    _ random: inout SplitMix64
  ) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let length = min(Int.random(in: 0...8, using: &random), bytes.count - place)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes.removeSubrange(place..<place + length)
    case 1: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
    case 2: bytes.insert(.random(in: 32...126, using: &random), at: place)
    case 3: if place < bytes.count { bytes[place] = .random(in: 0...255, using: &random) }
    case 4: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 5: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeSubrange(place...) }
    default:
      bytes.replaceSubrange(
        place..<place + length / 4,
        with: Array((pieces.randomElement(using: &random) ?? "").utf8)
      )
    }
  }

  /// Changes one place of a document: another value, another name, a member more or less.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - values: What its reader may find interesting.
  ///   - random: What chooses.
  /// - Returns: The changed document, in which a key may stand twice.
  public static func json(
    _ json: JSON,
    values: [JSON] = [],
    _ random: inout SplitMix64
  ) -> JSON {
    switch json {
    case .object(var members) where !members.isEmpty && !random.isOne(of: 12):
      let place = members.indices.randomElement(using: &random) ?? 0
      let other = members.indices.randomElement(using: &random) ?? 0
      let (key, value) = (members[place].key, members[place].value)
      switch Int.random(in: 0..<12, using: &random) {
      case 0: members.remove(at: place)
      case 1: members.append(members[place])
      case 2: members[place] = JSON.Member(key: members[other].key + "x", value: value)
      case 3: members[place] = JSON.Member(key: key, value: members[other].value)
      case 4: members.swapAt(place, other)
      case 5:
        members[place] = JSON.Member(key: key, value: members[other].value)
        members[other] = JSON.Member(key: members[other].key, value: value)
      default:
        members[place] = JSON.Member(
          key: key,
          value: Self.json(value, values: values, &random)
        )
      }
      return .object(members)
    case .array(var elements) where !elements.isEmpty && !random.isOne(of: 12):
      let place = elements.indices.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<10, using: &random) {
      case 0: elements.remove(at: place)
      case 1: elements.append(elements[place])
      case 2: elements.swapAt(place, elements.count - 1)
      default: elements[place] = Self.json(elements[place], values: values, &random)
      }
      return .array(elements)
    default:
      return value(instead: json, values, &random)
    }
  }

  private static func value(
    instead old: JSON,
    _ values: [JSON],
    _ random: inout SplitMix64
  ) -> JSON {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return [old]
    case 1: return ["a": old, "b": old]
    case 2...3:
      guard let number = old.int else { break }
      let changed = [number &+ 1, number &- 1, number &* 2, number / 2, 0 &- number]
      return .number(JSONNumber(changed.randomElement(using: &random) ?? 0))
    case 4...5: return values.randomElement(using: &random) ?? nil
    case 6: return numbers.randomElement(using: &random) ?? 0
    default: break
    }
    return others.randomElement(using: &random) ?? nil
  }

  /// Numbers at which something overflows, wraps around or is not whole.
  private static let numbers: [JSON] =
    [
      "0", "-0", "1", "-1", "2", "3", "8", "64", "0.5", "4.0", "1e3", "1e-5", "67108864",
      "67108865", "2147483647", "2147483648", "4294967295", "4294967296", "9007199254740993",
      "4611686018427387904", "9223372036854775807", "-9223372036854775808",
      "9223372036854775808", "18446744073709551615", "1e18", "1e19", "1e308", "1e999", "-1e999",
      "1e-999", "0e999999999999", "123456789012345678901234567890",
    ].compactMap { JSONNumber(text: $0).map(JSON.number) }

  private static let others: [JSON] = [
    nil, true, false, "", "a", " ", "\u{0}", "\u{1B}[2J", "é", "e\u{301}", "👩‍👩‍👧", "1", [], [:],
    [[]], ["": nil], .string(String(repeating: "x", count: 5000)), nested(130), nested(60),
  ]

  private static func nested(_ depth: Int) -> JSON {
    (0..<depth).reduce(1) { inner, _ in [inner] }
  }
}

extension SplitMix64 {
  /// True once in so many times.
  public mutating func isOne(of count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
