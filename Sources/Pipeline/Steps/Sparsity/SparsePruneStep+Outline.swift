import BillhookCore
import BillhookRecipe

extension SparsePruneStep {
  package func line(_ inputs: PlanInputs) -> String {
    let data = data.map { " on \(inputs.name(ofData: $0))" } ?? ""
    let allocation =
      allocation.signature == "uniform" ? "" : ", allocate \(allocation.shortSignature)"
    let refiner = setting.refiner ?? refining?.setting.refiner
    let repair = setting.repair ?? refining?.setting.repair
    let more =
      (refiner.map { ", refine \($0.shortSignature)" } ?? "")
      + (refining.map { $0.data == self.data ? "" : " on \(inputs.name(ofData: $0.data))" } ?? "")
      + (repair.map { ", repair \($0.shortSignature)" } ?? "")
    return "prune    \(setting.unit.shortSignature) by \(setting.criterion.shortSignature)\(data)"
      + (percent.map { ", remove \($0.text)%" } ?? "") + ", \(keep)" + allocation + more
  }

  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    let model = course.model
    let sizes = SparseShares.sizes(of: setting.unit.roles, in: model)
    let all = sizes.reduce(0) { $0 + $1.count }
    let total = model.parameterCount
    var lines = ["\(all) of \(total) parameters are single weights that may go; shapes stay"]
    let measured = entry?.shares
    if sharing != nil, measured == nil {
      lines.append("how much of which block depends on the shares")
    } else {
      do {
        let shares = try shares(of: model, openedBlocks: course.opened.blocks.count, measured)
        let zeros = sizes.reduce(0.0) {
          $0 + Double($1.count) * (shares.percents[$1.block] ?? 0) / 100
        }
        lines.append(
          "about \(Int(zeros)) become zeros (\(rounded(100 * zeros / Double(max(1, total)))) % of all)"
        )
        lines += Self.text(of: shares, sizes.count)
      } catch let error as BudgetError where measured != nil {
        // Only an earlier run knows the shares, so a check does not report it.
        lines.append("\(error)")
      }
    }
    lines.append("measured: \(setting.orderText)")
    if refining != nil {
      lines.append(
        "refined: each attention and each MLP after those before it, beside the model as it was"
      )
    }
    let isDone = entry?.outlook == .doneBefore
    lines += [isDone ? nil : workText(on: model, needs)].compactMap(\.self)
    follow(&course)
    return lines
  }

  /// What the pass computes.
  private func workText(on model: LanguageModel, _ needs: StepNeeds) -> String? {
    let (measured, chosen) = setting.operations(
      on: model,
      tokens: needs.load(data).tokens,
      removing: share
    )
    let refined = refining.map { refining in
      refining.setting.operations(
        on: model,
        tokens: needs.load(refining.data).tokens,
        removing: share
      )
    }
    let measuring = [measured, refined.map(\.measuring) ?? 0].compactMap(\.self)
    let solving = chosen + (refined?.solving ?? 0)
    let all = measuring.reduce(0, +)
    let parts = [
      measuring.count == 2 && all > 0 ? "\(FloatingPointWork.text(all)) of passes" : "",
      solving > 0 ? "\(FloatingPointWork.text(solving)) of solving" : "",
    ].filter { !$0.isEmpty }
    return parts.isEmpty ? nil : "work: about " + parts.joined(separator: ", ")
  }

  private static func text(of shares: SparseShares, _ blocks: Int) -> [String] {
    let percents = Set(shares.percents.values.map { rounded($0) })
    guard percents.count > 1 || shares.percents.count < blocks else { return [] }
    return [shares.percents.textOfBlocks]
  }
}
