import BillhookCore

extension Trial {
  /// Compares how much is gone of each group with what was asked for: half of it, or what a pattern
  /// says.
  func checkCounts(
    _ sparse: LanguageModel,
    _ setting: SparseSetting,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    let unit = setting.unit
    let rule = MaskRule(
      pattern: unit.pattern,
      group: setting.group,
      rounding: unit.rounding
    )
    let counts = verdict.answer(what) {
      try GroupCounts(of: sparse, in: unit.roles, by: setting.group, pattern: unit.pattern)
    }
    for part in counts?.parts ?? [] {
      let expected = unit.pattern?.removed ?? rule.count(of: part.size, Self.share)
      guard let wrong = part.gone.first(where: { $0 != expected }) else { continue }
      verdict.note(
        .counts,
        "\(what): \(wrong) weights of \(part.name) are gone, where \(expected) were asked for"
      )
    }
  }

  /// Compares how much is gone of each group with how much was gone of it before masks were refined.
  func checkCounts(
    _ refined: LanguageModel,
    asIn before: LanguageModel,
    of roles: Set<WeightRole>,
    by group: ComparisonGroup,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    let counts = verdict.answer(what) {
      try [before, refined].map { try GroupCounts(of: $0, in: roles, by: group).parts }
    }
    guard let counts else { return }
    for (old, new) in zip(counts[0], counts[1]) where old.gone != new.gone {
      let wrong = zip(old.gone, new.gone).first { $0 != $1 }
      verdict.note(
        .counts,
        "\(what): \(wrong?.1 ?? 0) weights of \(new.name) are gone, and \(wrong?.0 ?? 0) were before"
      )
    }
  }
}
