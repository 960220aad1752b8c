import BillhookCore
import BillhookPipeline

/// What models made of prompts: each prompt once, and below it the answers of all models.
struct SampleList {
  private let rows: [Report.Row]

  /// The most characters of a prompt or an answer that a terminal shows.
  private static let mostShown = 600

  init(_ rows: [Report.Row]) { self.rows = rows.filter { !$0.samples.isEmpty } }

  /// The lines; none where no model wrote.
  func lines(within width: Int?) -> [String] {
    prompts.flatMap { prompt -> [String] in
      let answers = rows.flatMap { row in
        row.samples.filter { $0.prompt == prompt }.flatMap { sample in
          let settings = sample.settings.map { " (\($0))" } ?? ""
          return ReportTable.wrapped("  \(row.label)\(settings): \(Self.shown(sample))", width)
        }
      }
      return ["", "prompt: \(Self.shown(prompt))"].flatMap { ReportTable.wrapped($0, width) }
        + answers
    }
  }

  /// All prompts, in the order in which they were first given.
  private var prompts: [String] { rows.flatMap { $0.samples.map(\.prompt) }.uniqued }

  /// An answer on one line; where the limit of its length cut it off, it ends in dots.
  private static func shown(_ sample: TextSample) -> String {
    String(shown(sample.answer).drop { $0 == " " }) + (sample.isEnded ? "" : " …")
  }

  /// A text on one line: line ends become visible.
  private static func shown(_ text: String) -> String {
    let line = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .joined(separator: " ⏎ ")
    return line.count > mostShown ? line.prefix(mostShown) + " […]" : line
  }
}
