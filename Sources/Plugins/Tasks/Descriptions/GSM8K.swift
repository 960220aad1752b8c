import BillhookCore

extension TaskDescription {
  /// GSM8K: word problems of arithmetic, whose answers end with `#### ` and a number.
  ///
  /// Source: Cobbe et al., 2021, arXiv 2110.14168; lm-eval 0.4.13, `gsm8k` with its strict match. The
  /// first rows of the examples precede each question, where lm-eval draws some.
  static let gsm8k = TaskDescription(
    query: "Question: {question}\nAnswer:",
    answers: .written(
      "{answer}",
      AnswerRule(
        stop: ["Question:", "</s>", "<|im_end|>"],
        pattern: #"#### (\-?[0-9\.\,]+)"#,
        ignored: [",", #"\$"#, #"(?s).*#### "#, #"\.$"#],
        ignoresCase: true
      )
    ),
    shots: 5
  )
}
