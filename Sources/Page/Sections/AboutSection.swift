import BillhookCore
import BillhookPipeline

/// What was run: how it ended, what failed, the model, the data, the machine, the recipe.
struct AboutSection {
  let report: Report

  /// How the run ended, and what failed.
  var ending: [Markup] {
    var lines: [Markup] = []
    switch report.run?.ending {
    case .open:
      lines.append(
        warning(
          "This run had not ended when the page was written; what is here is what it had found."
        )
      )
    case .interrupted:
      lines.append(
        warning("This run was interrupted; the same command goes on from where it stopped.")
      )
    case .failed: lines.append(warning("This run failed; what is here is what it had found."))
    case .finished, nil: break
    }
    if !report.failures.isEmpty {
      lines.append(
        Markup(
          "ul",
          [:],
          report.failures.map { failure in
            let place = failure.branches.isEmpty ? "" : "[\(failure.branches.label)] "
            let stage = failure.stage.map { "\($0): " } ?? ""
            return Markup(
              "li",
              [:],
              [
                Markup("span", ["class": "warn"], ["Failed: "]),
                "\(place + stage + failure.message)",
              ]
            )
          }
        )
      )
    }
    return lines
  }

  private func warning(_ text: String) -> Markup { Markup("p", ["class": "warn"], ["\(text)"]) }

  /// Recipe, model, data and machine; of older reports nothing.
  var section: PageSection {
    guard let run = report.run else { return PageSection("What was run", []) }
    let (model, machine) = (run.model, run.machine)
    let shape = model.shape.texts.map { "\($0.name) \($0.value)" }.joined(separator: "; ")
    let facts: [(String, String)] =
      [
        ("model", model.name),
        (
          "opened as",
          "\(model.architecture), \(Quantity.count(model.parameters)) parameters, "
            + "\(Quantity.bytes(model.bytes)), computed in \(model.compute)"
        ),
        ("shape", shape),
      ]
      + run.data.map { ("data \($0.name)", "\($0.source) { \($0.windows) }") }
      + [
        (
          "machine",
          "\(machine.name), \(Quantity.bytes(machine.memory)) of memory; \(machine.device), "
            + (machine.processes > 1 ? "\(machine.processes) processes of " : "")
            + "\(counted(machine.threads, "thread")); libtorch \(machine.libtorch)"
        )
      ] + time(of: run) + [("recipe", run.recipe)] + run.replaced.map { ("--let", $0) }
    let list = facts.flatMap { name, text in
      [Markup("dt", [:], ["\(name)"]), Markup("dd", [:], ["\(text)"])]
    }
    return PageSection(
      "What was run",
      [
        Markup("dl", [:], list),
        Markup(
          "details",
          ["open": ""],
          [
            Markup("summary", [:], ["The recipe"]),
            Markup("pre", ["tabindex": "0"], ["\(run.text)"]),
          ]
        ),
      ]
    )
  }

  /// When the run began and how long it took, except of older reports.
  private func time(of run: RunDescription) -> [(String, String)] {
    guard let began = run.began, let seconds = run.seconds else { return [] }
    let text = "began \(began), took \(Quantity.seconds(seconds))"
    return [("time", "\(text) without what earlier runs had found")]
  }

  /// What should be known, and where models were saved.
  var notes: PageSection {
    let texts = report.notes.map { note in
      (note.branches.isEmpty ? "" : "[\(note.branches.label)] ") + note.text
    }.uniqued
    let saved = report.saved.map { "saved: \($0.path)" }
    return PageSection(
      "Notes and saved models",
      texts.isEmpty && saved.isEmpty
        ? []
        : [Markup("ul", [:], (saved + texts).map { Markup("li", [:], ["\($0)"]) })]
    )
  }
}
