/// Shows diagnostics of one source to people or to other programs.
public struct DiagnosticRenderer: Sendable {
  /// The formats of diagnostics.
  public enum Format: Sendable, Equatable {
    /// The lines of the source with carets below, for people.
    case text(color: Bool)
    /// `file:line:column: error: message [code]`, one line each, for editors.
    case short
    /// One JSON object per line.
    case json
  }

  let source: SourceText
  let limit: Int

  /// Makes a renderer.
  ///
  /// - Parameters:
  ///   - source: The source that the spans belong to.
  ///   - limit: How many diagnostics are shown at most; errors come before all others.
  public init(source: SourceText, limit: Int = 20) {
    self.source = source
    self.limit = max(0, limit)
  }

  /// The diagnostics in a format; every line ends with a line feed, and the text is empty without
  /// diagnostics.
  public func render(_ diagnostics: [Diagnostic], as format: Format) -> String {
    let shown = mostImportant(diagnostics)
    let hidden = diagnostics.count - shown.count
    switch format {
    case .text(let color):
      let text = TextRendering(source: source, style: Style(isColored: color))
      let blocks = shown.map(text.block) + (hidden > 0 ? [Self.more(hidden) + "\n"] : [])
      return blocks.joined(separator: "\n")
    case .short:
      return (shown.map(short) + (hidden > 0 ? [Self.more(hidden)] : []))
        .map { $0 + "\n" }.joined()
    case .json:
      let last = hidden > 0 ? [JSON.object([("more", .number(hidden))])] : []
      return (shown.map(json) + last).map { $0.text + "\n" }.joined()
    }
  }

  private func mostImportant(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    guard diagnostics.count > limit else { return diagnostics }
    let order = diagnostics.indices.filter { diagnostics[$0].severity == .error }.prefix(limit)
    let others = diagnostics.indices.filter { diagnostics[$0].severity != .error }
    return (order + others.prefix(limit - order.count)).sorted().map { diagnostics[$0] }
  }

  private static func more(_ count: Int) -> String {
    "\(count) more \(count == 1 ? "problem is" : "problems are") not shown"
  }

  private func short(_ diagnostic: Diagnostic) -> String {
    let place = source.location(of: diagnostic.span.start)
    let message = diagnostic.message.printable
    return "\(source.name.printable):\(place.line):\(place.column): "
      + "\(diagnostic.severity.rawValue): \(message) [\(diagnostic.code)]"
  }
}
