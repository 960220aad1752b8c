import BillhookCore
import BillhookPipeline

/// A measured model, with its number in the table of the page.
struct MeasuredState {
  let number: Int
  /// The number of its run among those of the page.
  let place: Int
  /// The name of its run; nil where the page is about one run.
  let run: String?
  /// The model that its run opened; nil where all runs of the page opened the same.
  let opened: String?
  let row: Report.Row

  /// The measured models of some runs, numbered through.
  static func all(of runs: [ReportPage.Run]) -> [MeasuredState] {
    let rows = runs.enumerated().flatMap { place, run in
      run.report.states.map { (place, run.name, $0) }
    }
    let opened = runs.map { $0.report.run?.model.name }
    let areAlike = Set(opened).count < 2
    return rows.enumerated().map { index, entry in
      MeasuredState(
        number: index + 1,
        place: entry.0,
        run: runs.count > 1 ? entry.1 : nil,
        opened: areAlike ? nil : opened[entry.0],
        row: entry.2
      )
    }
  }

  /// What was done to the model, and to which one where they differ.
  var model: String { (opened.map { "\($0), " } ?? "") + row.label }

  /// Whether nothing was done to the model.
  var isOpened: Bool { row.state == "as opened" }

  /// What it is called, with its run.
  var label: String { (run.map { "\($0): " } ?? "") + model }

  /// The parameters that are not held at zero.
  var nonZero: Int { row.nonZero ?? row.parameters }

  /// A metric by its name.
  func metric(_ name: String) -> Double? { row.metrics.first { $0.name == name }?.value }

  /// What made it, without how much: models of one method stand on one line of a chart.
  ///
  /// Values of loops that are numbers are taken for amounts, others for methods.
  var method: String {
    let state = row.method ?? row.state
    let words = state.split(separator: " ")
    let branches = row.branches.compactMap { branch -> String? in
      // A branch that is named for what it does says nothing that the state does not say.
      guard let variable = branch.variable else {
        return words.contains { $0 == branch.label } ? nil : branch.label
      }
      guard let text = variable.value.string, !Self.isAmount(text), !state.contains(text) else {
        return nil
      }
      return branch.label
    }
    let parts = [run].compactMap(\.self) + branches + [state]
    return parts.joined(separator: ", ")
  }

  /// Whether a word says how much: a number, a share or numbers of units, but no pattern such as 2:4.
  private static func isAmount(_ word: some StringProtocol) -> Bool {
    word.first?.isNumber == true && !word.contains(":")
  }
}
