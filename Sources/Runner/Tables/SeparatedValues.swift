import BillhookCore
import BillhookRecipe

/// Rows of cells as comma-separated values (RFC 4180) that no spreadsheet takes for formulas.
enum SeparatedValues {
  /// A cell: text, which may come from a recipe or a file, or a number as it is.
  enum Cell {
    case text(String)
    case number(String)

    /// Nothing.
    static let empty = Cell.number("")

    /// A number in full.
    init(_ value: Double) { self = .number("\(value)") }

    /// A count.
    init(_ value: Int) { self = .number("\(value)") }

    /// A value of JSON: numbers and truth values as they are, lists as JSON.
    init(_ json: JSON) {
      switch json {
      case .string(let text): self = .text(text)
      case .number(let number): self = .number(number.text)
      default: self = .text(json.text(indent: nil))
      }
    }

    fileprivate var written: String {
      switch self {
      case .number(let text): text
      case .text(let text): SeparatedValues.quoted(SeparatedValues.harmless(text.printable))
      }
    }
  }

  /// The lines of a table; the first row is its head.
  static func lines(_ rows: [[Cell]]) -> [String] {
    rows.map { $0.map(\.written).joined(separator: ",") }
  }

  /// The text with an apostrophe before what would begin a formula.
  ///
  /// Source: OWASP, CSV Injection.
  private static func harmless(_ text: String) -> String {
    let start = text.first { $0 != " " }
    return start.map { "=+-@＝＋－＠".contains($0) } == true ? "'" + text : text
  }

  private static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.contains { ",\"".contains($0) }
    return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
  }
}
