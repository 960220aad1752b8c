import BillhookCore
package import BillhookPipeline

/// The page of one run, or of several together: one file that needs no network and no script.
package struct ReportPage {
  /// A run with its name.
  package struct Run {
    let name: String
    let report: Report

    package init(name: String, _ report: Report) {
      self.name = name
      self.report = report
    }
  }

  private let runs: [Run]

  /// The page of some runs.
  package init(of runs: [Run]) { self.runs = runs }

  /// The file; equal reports give equal bytes.
  package var text: String {
    let title = runs.count == 1 ? runs[0].name : "\(runs.count) runs"
    let parts = runs.count == 1 ? sections(of: runs[0], all: states) : overview
    let shown = parts.filter { !$0.content.isEmpty }
    let links = shown.enumerated().map { index, part in
      Markup("li", [:], [Markup("a", ["href": "#part-\(index + 1)"], ["\(part.title)"])])
    }
    let head = [
      Markup("h1", [:], ["\(title)"]),
      Markup(
        "p",
        ["class": "soft"],
        ["Billhook \(BillhookVersion.current): what was done to a model, and what it came to."]
      ),
    ]
    let ending = runs.count == 1 ? AboutSection(report: runs[0].report).ending : []
    let nav = Markup("nav", ["aria-label": "Parts"], [Markup("ul", [:], links)])
    let body = shown.enumerated().map { $1.markup(id: "part-\($0 + 1)", level: 2) }
    return PageFrame.text(title: title, head + ending + [nav] + body)
  }

  private var states: [MeasuredState] { MeasuredState.all(of: runs) }

  /// All runs in one table, then each by itself.
  private var overview: [PageSection] {
    let states = states
    let table = MeasuredTable(states: states)
    let single = runs.enumerated().map { place, run in
      let own = states.filter { $0.place == place }
      let parts = details(of: run, own).filter { !$0.content.isEmpty }
        .map { part in
          Markup("section", [:], [Markup("h3", [:], ["\(part.title)"])] + part.content)
        }
      return PageSection(run.name, AboutSection(report: run.report).ending + parts)
    }
    let main = runs.map(\.report.mainMetrics).reduce(into: Set()) { $0.formUnion($1) }
    let tradeOffs = TradeOffs(states: states, metrics: table.metrics, main: main)
    return [table.section, tradeOffs.section] + single
  }

  private func sections(of run: Run, all states: [MeasuredState]) -> [PageSection] {
    let table = MeasuredTable(states: states)
    let main = run.report.mainMetrics
    let tradeOffs = TradeOffs(states: states, metrics: table.metrics, main: main)
    return [table.section, tradeOffs.section] + details(of: run, states)
  }

  /// What is told of one run beside its table, in the order of the page.
  private func details(of run: Run, _ states: [MeasuredState]) -> [PageSection] {
    let (about, curves) = (AboutSection(report: run.report), CurvesSection(report: run.report))
    return [
      ScoresSection(report: run.report).section, RemovedSection(report: run.report).section,
      SparsitySection(report: run.report, states: states).section,
      SpectraSection(report: run.report).section, curves.trainings,
      curves.searches, SamplesSection(states: states).section, about.notes, about.section,
    ]
  }
}
