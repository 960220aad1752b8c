extension TaskDescription {
  /// ARC, easy and challenge: questions of science at school with three to five answers.
  ///
  /// Source: Clark et al., 2018, arXiv 1803.05457; lm-eval 0.4.13, `arc_easy` and `arc_challenge`.
  static let arc = TaskDescription(
    query: "Question: {question}\nAnswer:",
    answers: .field("choices.text"),
    gold: .label("answerKey", among: .field("choices.label")),
    isNormalised: true
  )
}
