import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// A page as a parser of XML reads it; a page that is not well-formed is none.
final class ParsedPage: NSObject, XMLParserDelegate {
  /// A table of the page.
  struct Table {
    var isSortable = false
    var heads: [String] = []
    var rows: [[(text: String, number: Double?)]] = []
  }

  private(set) var elements: [String: Int] = [:]
  private(set) var attributes: Set<String> = []
  private(set) var ids: [String] = []
  private(set) var links: [String] = []
  private(set) var tables: [Table] = []
  /// The text of everything but style and script.
  private(set) var text = ""
  private var open: [String] = []
  private var cell = ""

  init?(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes own: [String: String] = [:]
  ) {
    elements[name, default: 0] += 1
    attributes.formUnion(own.keys)
    if let id = own["id"] { ids.append(id) }
    if let link = own["href"] { links.append(link) }
    open.append(name)
    switch name {
    case "table": tables.append(Table(isSortable: own["class"] == "sortable"))
    case "tr" where open.contains("tbody"): tables[tables.count - 1].rows.append([])
    case "td":
      cell = ""
      let rows = tables[tables.count - 1].rows.count
      tables[tables.count - 1].rows[rows - 1].append(("", own["data-v"].flatMap(Double.init)))
    case "th": cell = ""
    default: break
    }
  }

  func parser(
    _ parser: XMLParser,
    didEndElement name: String,
    namespaceURI: String?,
    qualifiedName: String?
  ) {
    open.removeLast()
    guard let last = tables.indices.last else { return }
    if name == "th" { tables[last].heads.append(cell) }
    if name == "td", let row = tables[last].rows.indices.last {
      let column = tables[last].rows[row].count - 1
      tables[last].rows[row][column].text = cell
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    guard open.last != "style", open.last != "script" else { return }
    text += string
    cell += string
  }
}
