extension TaskDescription {
  /// WinoGrande: which of two names fills a blank; the rest of the sentence is compared after both.
  ///
  /// Source: Sakaguchi et al., 2019, arXiv 1907.10641; lm-eval 0.4.13, `winogrande`.
  static let winogrande = TaskDescription(
    query: "",
    answers: .contexts(
      ["{sentence|before_blank}{option1}", "{sentence|before_blank}{option2}"],
      then: "{sentence|after_blank}"
    ),
    gold: .number(["answer"], first: 1)
  )
}
