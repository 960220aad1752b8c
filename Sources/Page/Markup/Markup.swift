/// A piece of a page: well-formed as HTML and as XML.
///
/// Every text and every attribute is escaped here, so that nothing that a recipe or a model is called can
/// become markup.
struct Markup: Sendable, ExpressibleByStringInterpolation {
  /// The piece as it stands in the file.
  let source: String

  /// A text.
  init(text: String) { source = Self.escaped(text) }

  init(stringLiteral text: String) { self.init(text: text) }

  /// An element.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - attributes: Its attributes; those with nil are left out.
  ///   - children: What it holds.
  init(
    _ name: String,
    _ attributes: KeyValuePairs<String, String?> = [:],
    _ children: [Markup] = []
  ) {
    let own = attributes.compactMap { key, value in
      value.map { " \(key)=\"\(Self.escaped($0))\"" }
    }
    let start = "<\(name)\(own.joined())"
    let inner = children.map(\.source).joined()
    source =
      inner.isEmpty && Self.void.contains(name) ? "\(start)/>" : "\(start)>\(inner)</\(name)>"
  }

  /// Pieces after each other.
  init(_ children: [Markup]) { source = children.map(\.source).joined() }

  private init(source: String) { self.source = source }

  /// Style or script of the page itself, which holds neither `<` nor `&`, and so needs no escaping.
  static func raw(_ name: String, _ text: StaticString) -> Markup {
    Markup(source: "<\(name)>\n\(text)\n</\(name)>\n")
  }

  /// The elements that end where they begin.
  private static let void: Set = [
    "meta", "br", "rect", "line", "circle", "path", "polyline", "polygon",
  ]

  /// A text without characters that mean something in markup, that XML cannot hold, or that reorder
  /// what stands around them.
  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(isShown(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return result
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: true
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: false
    default: true
    }
  }
}
