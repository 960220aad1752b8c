extension TaskDescription {
  /// HellaSwag: how a description of something that is done goes on.
  ///
  /// Source: Zellers et al., 2019, arXiv 1905.07830; lm-eval 0.4.13, `hellaswag`.
  static let hellaswag = TaskDescription(
    query: TaskTemplate("{activity_label}: {ctx_a} {ctx_b|capitalised}", then: .withoutBrackets),
    answers: .field("endings", then: [.withoutBrackets]),
    gold: .number(["label"]),
    isNormalised: true
  )
}
