import TestSupport
import Testing

@testable import BillhookRecipe

/// Random recipes must neither trap nor hang, and what is said about them must make sense.
@Suite struct FuzzTests {
  private static let seeds = [
    "prune block on calibration {\n  by ppl\n  remove $cut\n  keep first 4 last 2\n}\n",
    "data a = text \"b.txt\" { windows = random, samples = 10 }\r\nlet k = [1, 2, 24..27]\n",
    "each c in [ppl, taylor+] {\n  save \"out/v-$c-${k}\" { for = [a, b] } # end\n}\n",
    "let a = -0.5e-4\nlet b = 12.5% # ä漢👩‍👩‍👧\nlet c = 4GB, 2:4\n",
    "a { b = \"x\\n\\\"y\", c { d [1, [2, [3]]] } }",
    "# a\n\nlet  ab   = [ # b\n  1, 2\n  # c\n] # d\nlet abc  = 2\n\n\na {  # e\n  # f\n\n}\n",
    "r {\n  by     p\n  remove 6, a = 1, b = 2\n  keep   [1,\n 2] on x { c = [], d }   # e\n}\n",
  ].map { Array($0.utf8) }

  private static let pieces = [
    "{", "}", "[", "]", "\"", "$", "${", "\\", "=", ",", "..", ".", "/", "#", "\n", "\r", "\t", "'",
    "“", "é", "e\u{301}", "\u{202E}", "\0", "-", "1e", "9e999", "on", "let", "data", ":", "%", "_",
  ].map { Array($0.utf8) }

  @Test func recipe() throws {
    let result = try Fuzzing.run("recipe", inputs: 20_000) { random in
      var bytes: [UInt8]
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        let count = Int.random(in: 0...60, using: &random)
        bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      case 1:
        let count = Int.random(in: 0...40, using: &random)
        bytes = (0..<count).flatMap { _ in Self.pieces.randomElement(using: &random) ?? [] }
      default:
        bytes = Self.seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
      }
      return try check(bytes, Int.random(in: 0..<3, using: &random))
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let length = min(Int.random(in: 0...8, using: &random), bytes.count - place)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: bytes.removeSubrange(place..<place + length)
    case 1: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
    case 2: bytes.insert(UInt8.random(in: 32...126, using: &random), at: place)
    default:
      bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
    }
  }

  private func check(_ bytes: [UInt8], _ format: Int) throws -> Fuzzing.Outcome {
    let source = SourceText(name: "fuzz", bytes: bytes)
    let result = Recipe.parse(source)
    let diagnostics = result.diagnostics
    let renderer = DiagnosticRenderer(source: source)
    let formats: [DiagnosticRenderer.Format] = [.text(color: true), .short, .json]
    let shown = renderer.render(diagnostics, as: formats[format])
    var isSound = shown.isEmpty == diagnostics.isEmpty
    for diagnostic in diagnostics {
      let spans =
        [diagnostic.span] + diagnostic.notes.compactMap(\.span)
        + [diagnostic.fix?.span].compactMap(\.self)
      isSound = isSound && spans.allSatisfy { $0.start >= 0 && $0.end <= bytes.count }
    }
    isSound = isSound && (result.hasErrors || isComplete(result.recipe))
    try Fault.unless(isSound, "\(bytes)")
    if !result.hasErrors, let fault = formattingFault(result.recipe) {
      throw Fault("\(bytes): formatting: \(fault)")
    }
    return result.hasErrors ? .refused : .accepted
  }

  /// Without errors, all that is neither blank nor comment nor comma belongs to a statement.
  private func isComplete(_ recipe: Recipe) -> Bool {
    var rest = recipe.source.bytes
    let spans = recipe.statements.map(\.span) + recipe.comments.map(\.span)
    for span in spans {
      for offset in span.start..<span.end { rest[offset] = .space }
    }
    return rest.dropFirst(recipe.source.textStart).allSatisfy { $0.isBlank || $0 == .lineFeed }
  }
}
