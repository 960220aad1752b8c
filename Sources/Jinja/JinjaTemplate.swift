/// A template in the part of Jinja that chat templates are written in, with the settings of transformers:
/// `trim_blocks`, `lstrip_blocks`, no HTML escaping.
///
/// What is not understood is an error when the template is read, or where that cannot be seen, when it
/// is run; never other text. A template can neither read files nor run long: steps, nested macros, lists
/// and text are bounded. `safe` changes nothing, since nothing is escaped; Jinja would escape what is
/// added to such text by `+`, which is refused where it is written, and not followed through variables.
///
/// Source: the documentation and the sources of Jinja 3.1, and transformers'
/// `utils/chat_template_utils.py`.
public struct JinjaTemplate: Sendable {
  /// What a template gave.
  public struct Rendered: Sendable, Equatable {
    /// The text.
    public let text: String
    /// The stretches, in bytes of its UTF-8, that stand between `{% generation %}` tags; nil where the
    /// template has none, or one stands where its place in the text is not known.
    public let generated: [Range<Int>]?
  }

  private let body: Body
  /// Whether it marks what the model writes, by `{% generation %}`.
  public let marksGeneration: Bool

  /// The longest template in bytes; published ones have some twenty kilobytes.
  public static let longest = 1 << 20

  /// Reads a template.
  ///
  /// - Throws: `JinjaError` with the place of what is not understood.
  public init(_ source: String) throws(JinjaError) {
    guard source.utf8.count <= Self.longest else {
      throw JinjaError(
        .limit,
        "the template has more than \(Self.longest) bytes",
        at: Place(line: 1, column: 1)
      )
    }
    var parser = Parser(try Lexer.tokens(of: source))
    body = try parser.template()
    marksGeneration = parser.marksGeneration
  }

  /// Renders the template.
  ///
  /// - Parameters:
  ///   - variables: What the template is given; of equal names the last counts.
  ///   - time: The time for `strftime_now`; nil for none, so that asking for it is an error.
  /// - Returns: The text.
  /// - Throws: `JinjaError`: what the template raises, values that it cannot take, or a limit.
  public func render(
    _ variables: [(name: String, value: JinjaValue)],
    time: JinjaTime? = nil
  ) throws(JinjaError) -> Rendered {
    let start = Place(line: 1, column: 1)
    let rendering = Rendering(time: time)
    for (name, value) in variables {
      let value = Value(value)
      try rendering.check(value.extent, start)
      rendering.scope.values[name] = value
    }
    defer { rendering.end() }
    _ = try rendering.run(body, start)
    let isKnown = marksGeneration && !rendering.lostGenerated
    return Rendered(text: rendering.output, generated: isKnown ? rendering.generated : nil)
  }
}
