/// A set of small numbers, a bit for each: the heads or channels of a block.
public struct NumberSet: Sendable, Hashable {
  /// Bits from the lowest number on; the last word is never 0, so that equal sets have equal words.
  private var words: [UInt64] = []

  /// An empty set.
  public init() {}

  /// A set of numbers from 0; repeated ones count once, negative ones not at all.
  public init(_ numbers: some Sequence<Int>) { formUnion(numbers) }

  /// Whether nothing is in it.
  public var isEmpty: Bool { words.isEmpty }

  /// How many numbers are in it.
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether a number is in it.
  public func contains(_ number: Int) -> Bool {
    let word = number >> 6
    return words.indices.contains(word) && words[word] >> UInt64(number & 63) & 1 == 1
  }

  /// Adds numbers.
  public mutating func formUnion(_ numbers: some Sequence<Int>) {
    for number in numbers where number >= 0 {
      let word = number >> 6
      if word >= words.count {
        words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
      }
      words[word] |= 1 << UInt64(number & 63)
    }
  }

  /// Adds the numbers of another set.
  public mutating func formUnion(_ other: NumberSet) {
    if other.words.count > words.count {
      words.append(contentsOf: repeatElement(0, count: other.words.count - words.count))
    }
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  /// The numbers that are not in another set.
  public func subtracting(_ other: NumberSet) -> NumberSet {
    var rest = self
    for (index, word) in other.words.prefix(words.count).enumerated() { rest.words[index] &= ~word }
    while rest.words.last == 0 { rest.words.removeLast() }
    return rest
  }

  /// Whether all of its numbers are in another set.
  public func isSubset(of other: NumberSet) -> Bool { subtracting(other).isEmpty }
}

extension NumberSet: ExpressibleByArrayLiteral {
  /// The numbers of a list.
  public init(arrayLiteral numbers: Int...) { self.init(numbers) }
}

extension NumberSet: Sequence {
  /// The numbers, lowest first.
  public struct Iterator: IteratorProtocol {
    private let words: [UInt64]
    private var word = 0
    /// The bits of the current word that were not given yet.
    private var left: UInt64

    fileprivate init(_ words: [UInt64]) {
      self.words = words
      left = words.first ?? 0
    }

    /// The next number; nil after the last.
    public mutating func next() -> Int? {
      while left == 0 {
        word += 1
        guard word < words.count else { return nil }
        left = words[word]
      }
      defer { left &= left - 1 }
      return word << 6 + left.trailingZeroBitCount
    }
  }

  /// The numbers, lowest first.
  public func makeIterator() -> Iterator { Iterator(words) }
}
