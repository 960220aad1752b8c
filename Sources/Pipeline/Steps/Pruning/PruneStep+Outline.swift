import BillhookCore

extension PruneStep {
  package func line(_ inputs: PlanInputs) -> String {
    let rounds = rescoring.map { ", rescore every \($0)" } ?? ""
    let names = units.map { type(of: $0).name }.joined(separator: " and ")
    let data = data.map { " on \(inputs.name(ofData: $0))" } ?? ""
    let allocation =
      isAllocatedByDefault || search != nil ? "" : ", allocate \(allocation.signature)"
    let repairs = repairs.map { ", repair \($0.repair.signature)" }.joined()
    let criterion = criterion.map { " by \($0.signature)" } ?? ""
    let search = search.map { ", \($0.line(inputs))" }
    return "prune    \(names)\(criterion)\(data), \(amount), \(keep)" + allocation + rounds
      + (search ?? "") + repairs
  }

  /// Whether the allocation is the one that is used where a recipe names none, as it is.
  private var isAllocatedByDefault: Bool {
    allocation.signature == type(of: allocation).init().signature
      && units.allSatisfy { type(of: $0).defaultAllocation == type(of: allocation).name }
  }

  /// What is asked, what is reached, and what is left: as it is known from earlier runs, or else from
  /// the sizes alone.
  package func details(
    _ entry: Forecast.Entry?,
    _ course: inout PruningCourse,
    _ needs: StepNeeds
  ) throws -> [String] {
    let before = course.model
    let about = course.isSizeKnown ? "" : "about "
    let found: PruningCourse.Removal?
    do {
      found = try course.follow(self, shares: entry?.shares?.ofBlocks)
    } catch {
      // Only an earlier run knows the shares, so a check does not report what they rule out.
      guard entry?.shares != nil else { throw error }
      return ["\(error)"]
    }
    guard let removal = found else {
      return ["how much is left for it depends on the scores before"]
    }
    let from = "from \(about)\(before.parameterCount) parameters"
    let opened = course.opened.parameterCount
    var lines: [String]
    if let outcome = entry?.outcome {
      course.goOn(with: outcome.model)
      let count = outcome.removed.reduce(0) { $0 + $1.numbers.count }
      lines =
        [
          outcome.reach?.text,
          "\(count) of \(removal.budget.removableCount) that may go: \(from) to "
            + Self.share(outcome.model.parameterCount, of: opened),
        ].compactMap(\.self) + Self.text(outcome.removed)
    } else {
      lines =
        Self.text(
          removal,
          from,
          about,
          before.parameterCount,
          of: opened,
          isSearched: search != nil
        ) + (removal.budget.unknownShares.map { [$0] } ?? [])
    }
    if entry?.shares != nil, search == nil { lines += Self.text(ofSharesIn: removal) }
    lines += try memoryTexts(removal, before, course)
    let searched =
      try entry?.outcome == nil ? search?.details(on: before, removal.budget, needs) : nil
    return lines + (searched ?? []) + Self.text(course.shape)
  }

  /// What is known of a removal before its units are scored.
  private static func text(
    _ removal: PruningCourse.Removal,
    _ from: String,
    _ about: String,
    _ parameters: Int,
    of opened: Int,
    isSearched: Bool
  ) -> [String] {
    let free = removal.budget.removableCount
    let whole = parameters + removal.budget.addedParameters
    switch removal.prospect {
    case .exact(let selection):
      let left = whole - selection.parameterCount
      let lines: [String?] =
        [
          removal.budget.reach(of: selection.removed)?.text,
          "\(selection.removed.count) of \(free) that may go: \(from) to \(about)\(share(left, of: opened))",
          selection.last.map { "one less: \(about)\(share(left + $0, of: opened))" },
          selection.next.map { "one more: \(about)\(share(left - $0, of: opened))" },
        ] + removal.budget.reasons(for: selection.removed)
      return lines.compactMap(\.self)
    case .between(let units, let gone):
      let counts =
        units.count == 1
        ? "\(units.lowerBound)" : "between \(units.lowerBound) and \(units.upperBound)"
      let decider =
        isSearched ? "search" : removal.budget.hasUnknownShares ? "shares" : "scores"
      let (least, most) = (whole - gone.upperBound, whole - gone.lowerBound)
      return [
        "\(counts) of \(free) that may go, as the \(decider) will have it",
        "\(from) to between \(about)\(share(least, of: opened)) and \(share(most, of: opened))",
      ]
    }
  }

  /// How much goes of each block's units, where shares that were measured decide that.
  private static func text(ofSharesIn removal: PruningCourse.Removal) -> [String] {
    guard removal.budget.isProportional, case .exact(let selection) = removal.prospect else {
      return []
    }
    let kinds = removal.budget.blocks.map(\.kind).uniqued
    return kinds.map { kind in
      var gone: [Int: Int] = [:]
      for unit in selection.removed where unit.kind == kind { gone[unit.block, default: 0] += 1 }
      var percents: [Int: Double] = [:]
      for units in removal.budget.blocks where units.kind == kind && units.count > 0 {
        percents[units.block] = 100 * Double(gone[units.block] ?? 0) / Double(units.count)
      }
      return (kinds.count > 1 ? "\(kind) " : "") + percents.textOfBlocks
    }
  }

  /// What the model takes of memory before and after, where the amount is one of it.
  private func memoryTexts(
    _ removal: PruningCourse.Removal,
    _ before: LanguageModel,
    _ course: PruningCourse
  ) throws -> [String] {
    guard let load = amount.cacheLoad, let most = removal.budget.mostBytes else { return [] }
    let left =
      course.isSizeKnown
      ? try load.memory(of: course.model).text : "\(most) bytes at most"
    return ["memory: \(try load.memory(of: before).text)", "memory left: \(left)"]
  }

  private static func share(_ left: Int, of opened: Int) -> String {
    "\(left) (\(rounded(100 * Double(left) / Double(opened))) %)"
  }

  /// The units that go, where the scores are known; a kind that loses nothing is not mentioned.
  private static func text(_ removed: [Forecast.RemovedUnits]) -> [String] {
    removed.filter { !$0.numbers.isEmpty }.map { units in
      let shown = units.numbers.prefix(20).map(String.init).joined(separator: ", ")
      let rest = units.numbers.count > 20 ? " and \(units.numbers.count - 20) more" : ""
      return "what goes: \(units.kind) \(shown)\(rest)"
    }
  }

  /// The blocks, heads and channels that are left: in one line where they are short.
  private static func text(_ shape: ModelShapeSummary?) -> [String] {
    guard let shape else { return [] }
    let parts = shape.texts.map { "\($0.name) \($0.value)" }
    let line = "left: " + parts.joined(separator: "; ")
    return line.count <= 70 ? [line] : parts.map { "left: \($0)" }
  }
}
