import BillhookCore
import BillhookRecipe

extension SparsePruneStep {
  package func line(_ inputs: PlanInputs) -> String {
    let data = data.map { " on \(inputs.name(ofData: $0))" } ?? ""
    let allocation =
      allocation.signature == "uniform" ? "" : ", allocate \(allocation.signature)"
    let repair = setting.repair.map { ", repair \($0.shortSignature)" } ?? ""
    return "prune    \(setting.unit.shortSignature) by \(setting.criterion.shortSignature)\(data)"
      + (percent.map { ", remove \($0.text)%" } ?? "") + ", \(keep)" + allocation + repair
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
    if sharing != nil {
      lines.append("how much of which block depends on the shares")
    } else {
      let shares = try shares(of: model, openedBlocks: course.opened.blocks.count, nil)
      let zeros = sizes.reduce(0.0) {
        $0 + Double($1.count) * (shares.percents[$1.block] ?? 0) / 100
      }
      lines.append(
        "about \(Int(zeros)) become zeros (\(rounded(100 * zeros / Double(max(1, total)))) % of all)"
      )
      lines += Self.text(of: shares, sizes.count)
    }
    lines.append("measured: \(setting.orderText)")
    let isDone = entry?.outlook == .doneBefore
    lines += [isDone ? nil : workText(on: model, needs.load(data).tokens)].compactMap(\.self)
    follow(&course)
    return lines
  }

  /// What the pass computes.
  private func workText(on model: LanguageModel, _ tokens: Int?) -> String? {
    let (measuring, solving) = setting.operations(on: model, tokens: tokens)
    let parts = [
      measuring.map { $0 > 0 ? "\(FloatingPointWork.text($0)) of passes" : "" } ?? "",
      solving > 0 ? "\(FloatingPointWork.text(solving)) of solving" : "",
    ].filter { !$0.isEmpty }
    return parts.isEmpty ? nil : "work: about " + parts.joined(separator: ", ")
  }

  private static func text(of shares: SparseShares, _ blocks: Int) -> [String] {
    let percents = Set(shares.percents.values.map { rounded($0) })
    guard percents.count > 1 || shares.percents.count < blocks else { return [] }
    let parts = shares.percents.sorted { $0.key < $1.key }.prefix(64)
      .map { "\($0.key): \(rounded($0.value)) %" }
    return ["of block " + parts.joined(separator: ", ")]
  }
}
