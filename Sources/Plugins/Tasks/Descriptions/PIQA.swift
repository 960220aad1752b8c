extension TaskDescription {
  /// PIQA: which of two ways reaches a goal.
  ///
  /// Source: Bisk et al., 2019, arXiv 1911.11641; lm-eval 0.4.13, `piqa`.
  static let piqa = TaskDescription(
    query: "Question: {goal}\nAnswer:",
    answers: .templates(["{sol1}", "{sol2}"]),
    gold: .number(["label"]),
    isNormalised: true
  )
}
