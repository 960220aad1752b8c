import BillhookCore
import BillhookPipeline

/// What the models of a run made of the same prompts, side by side.
struct SamplesSection {
  let states: [MeasuredState]

  var section: PageSection {
    let samples = states.flatMap(\.row.samples)
    return PageSection("What models write", samples.map(\.prompt).uniqued.flatMap(answers))
  }

  /// A prompt, and each model's answer to it.
  private func answers(to prompt: String) -> [Markup] {
    let rows = states.flatMap { state in
      state.row.samples.filter { $0.prompt == prompt }.map { sample in
        [
          PageTable.Cell(Double(state.number)) { "\(Int($0))" },
          PageTable.Cell(state.label + (sample.settings.map { " (\($0))" } ?? "")),
          // Where the limit of its length cut it off, an answer ends in dots.
          PageTable.Cell(sample.answer + (sample.isEnded ? "" : " …")),
          PageTable.Cell(sample.repetition(ofNeighbours: 4)) { "\(rounded(100 * $0)) %" },
        ]
      }
    }
    let table = PageTable(heads: ["#", "model", "goes on with", "repeated 4-grams"], rows: rows)
    return [Markup("pre", [:], ["\(prompt)"]), table.markup("Answers to one prompt")]
  }
}
