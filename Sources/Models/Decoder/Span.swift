/// The columns of a batch of texts that run through a model at once.
///
/// Texts of different lengths end together: the shorter ones begin with empty columns. Or several texts
/// stand one after another in each row, and none of them sees another.
public struct Span: Sendable, Hashable {
  /// The number of columns before these, whose keys and values are in a cache.
  public let start: Int
  /// The number of columns.
  public let count: Int
  /// The number of empty columns at the start of each text; empty when no text has any.
  public let padding: [Int]

  /// The lengths of the texts in each row, which add up to the number of columns; empty where every row
  /// is one text.
  public let texts: [[Int]]

  /// Makes a span of one text a row.
  public init(start: Int = 0, count: Int, padding: [Int] = []) {
    self.start = start
    self.count = count
    self.padding = padding.allSatisfy { $0 == 0 } ? [] : padding
    texts = []
  }

  /// Makes a span of several texts a row, from the first column on; none are one text a row.
  public init(count: Int, texts: [[Int]]) {
    start = 0
    self.count = count
    padding = []
    self.texts = texts.allSatisfy { $0.count <= 1 } ? [] : texts
  }

  /// The columns of each text, row by row.
  var columnsOfTexts: [[Range<Int>]] {
    texts.map { lengths in
      var start = 0
      return lengths.map { length in
        defer { start += length }
        return start..<start + length
      }
    }
  }

  /// Whether the columns of all rows have the same positions.
  var isAlike: Bool { padding.isEmpty && texts.isEmpty }

  /// The position of each column in its own text, row by row; one row where all are alike.
  ///
  /// Empty columns have positions below zero.
  var positions: [[Int]] {
    guard texts.isEmpty else { return texts.map { $0.flatMap { Array(0..<$0) } } }
    return (padding.isEmpty ? [0] : padding).map { Array(start - $0..<end - $0) }
  }

  /// The column after the last one.
  public var end: Int { start + count }
}
