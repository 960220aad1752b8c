extension TaskDescription {
  /// OpenBookQA: the beginning of a sentence with four ends.
  ///
  /// Source: Mihaylov et al., 2018, arXiv 1809.02789; lm-eval 0.4.13, `openbookqa`.
  static let openbookqa = TaskDescription(
    query: "{question_stem}",
    answers: .field("choices.text"),
    gold: .label("answerKey", among: .field("choices.label")),
    isNormalised: true
  )
}
