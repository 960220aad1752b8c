extension TaskDescription {
  /// BoolQ: a question about a passage, answered with no or yes; a question mark is added even where one
  /// is there.
  ///
  /// Source: Clark et al., 2019, arXiv 1905.10044; lm-eval 0.4.13, `boolq`. Rows of SuperGLUE have the
  /// answer in `label`, those of the data set itself in `answer`.
  static let boolq = TaskDescription(
    query: "{passage}\nQuestion: {question}?\nAnswer:",
    answers: .templates(["no", "yes"]),
    gold: .number(["label", "answer"])
  )
}
