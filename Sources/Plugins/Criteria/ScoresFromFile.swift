import BillhookCore

/// Scores that were computed before, or published, in a CSV file.
///
/// A unit is named by its number (`7`, `7.0`) or by a name that ends in it (`model.layers.7`).
struct ScoresFromFile: DirectCriterion {
  static let name = "scores"
  static let summary = "Scores from a CSV file: an earlier scoring's, or published ones."

  /// The file.
  var file = InputFile()
  /// The column that names units.
  var unit: String?
  /// The column that holds scores.
  var score: String?

  static let parameters = [
    Parameter<ScoresFromFile>.argument("file", \.file, help: "the CSV file, with a header line"),
    Parameter("unit", \.unit, help: "the column that names units"),
    Parameter("score", \.score, help: "the column with the scores, higher for more important"),
  ]

  /// Headers that are recognised without a setting: Billhook's own, and the published ones.
  private static let unitColumns = ["unit", "block_name", "removed_block"]
  private static let scoreColumns = ["score", "block_score", "ppl_bookcorpus"]

  var scale: ScoreScale { .foreign }

  /// Larger files are read by a run alone.
  private static let mostBytesToCheck = 64 << 20

  /// Checks that the file has the columns, and a score for each of the units.
  func check(_ units: [BlockUnits]) throws {
    guard TextReader.size(file.path) ?? 0 <= Self.mostBytesToCheck else { return }
    _ = try read(units.flatMap(\.all))
  }

  /// The score of each unit in the file.
  ///
  /// - Throws: `DataError` when the file has no such column, or no score for one of the units.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    let (scores, unused) = try read(units)
    if !unused.isEmpty {
      let shown = unused.prefix(20).map(\.clipped).joined(separator: ", ")
      let rest = unused.count > 20 ? " and \(unused.count - 20) more" : ""
      statistics.note(
        "\(file.name): rows that name no unit of the model are not used: \(shown)\(rest)"
      )
    }
    return scores
  }

  /// The score of each unit in the file, and the names in rows of which none is one of them.
  private func read(_ units: [PrunableUnit]) throws -> (scores: [Double], unused: [String]) {
    let table = try CSVTable(contentsOf: file.path)
    let unitColumn = try table.column(unit, setting: "unit", amongst: Self.unitColumns)
    let scoreColumn = try table.column(score, setting: "score", amongst: Self.scoreColumns)
    let wanted = Set(units.map(\.number))
    var found: [Int: Double] = [:]
    var unused: [String] = []
    for row in table.rows {
      guard let number = Self.number(row.cells[unitColumn]), wanted.contains(number) else {
        unused.append(row.cells[unitColumn])
        continue
      }
      guard let score = Double(row.cells[scoreColumn]), !score.isNaN, score != -.infinity else {
        throw DataError(
          "\(file.name): line \(row.line): `\(row.cells[scoreColumn].clipped)` is not a score"
        )
      }
      guard found.updateValue(score, forKey: number) == nil else {
        throw DataError("\(file.name): line \(row.line): unit \(number) has a score already")
      }
    }
    let scores = try units.map { unit in
      guard let score = found[unit.number] else {
        throw DataError("\(file.name): has no score for \(unit.label)")
      }
      return score
    }
    return (scores, unused)
  }

  /// The number that a unit's name is or ends in, after a dot or a space.
  private static func number(_ name: String) -> Int? {
    if let number = Double(name) { return Int(exactly: number) }
    return name.split(whereSeparator: { $0 == "." || $0 == " " }).last.flatMap { Int($0) }
  }
}

/// A small CSV file without quoted cells: a header, then rows with the same number of cells.
private struct CSVTable {
  struct Row {
    let line: Int
    let cells: [String]
  }

  let path: String
  let header: [String]
  let rows: [Row]

  init(contentsOf path: String) throws {
    let lines = try TextReader.text(path).split(
      omittingEmptySubsequences: false,
      whereSeparator: \.isNewline
    )
    var rows: [Row] = []
    for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.drop(while: \.isWhitespace).trimmingSuffix(while: \.isWhitespace))
      }
      rows.append(Row(line: number + 1, cells: cells))
    }
    guard let header = rows.first?.cells else { throw DataError("\(path): is empty") }
    for row in rows where row.cells.count != header.count {
      throw DataError(
        "\(path): line \(row.line): expected \(header.count) cells as in the header, "
          + "found \(row.cells.count)"
      )
    }
    self.path = path
    self.header = header
    self.rows = Array(rows.dropFirst())
  }

  func column(_ name: String?, setting: String, amongst known: [String]) throws -> Int {
    let names = name.map { [$0] } ?? known
    guard let column = header.firstIndex(where: names.contains) else {
      throw DataError(
        "\(path): has no column \(names.joined(separator: ", ")), only "
          + "\(header.joined(separator: ", ").clipped); name one with `\(setting) = \"…\"`"
      )
    }
    return column
  }
}

extension String {
  /// What a message shows of a cell; a file may hold cells of any length.
  fileprivate var clipped: String { utf8.count > 200 ? prefix(60) + "…" : self }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, predicate(last) { rest.removeLast() }
    return rest
  }
}
