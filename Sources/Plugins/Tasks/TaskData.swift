import BillhookCore

/// The questions of a task: one of the built-in ones by its name, or one that templates describe.
struct TaskData: TaskSource {
  static let name = "task"
  static let summary = "Questions of a task: JSON objects, one per line or in a list."

  /// The file.
  var file = InputFile()
  /// The built-in task; nil for one of one's own.
  var task: TaskName?
  /// What a model reads before an answer.
  var query: String?
  /// The answers among which it chooses.
  var choices: FieldOrTexts?
  /// The field with the right answer.
  var gold: String?
  /// The labels of the answers, one of which `gold` holds.
  var labels: FieldOrTexts?
  /// The answer that a model writes.
  var answer: String?
  /// The texts that end what it writes.
  var stop: [String]?
  /// What of it is the answer.
  var pattern: String?
  /// The file with examples.
  var examples: InputFile?
  /// How many of them precede each question.
  var shots: Int?
  /// The number of questions; nil for all.
  var samples: Int?
  /// The seed of the random numbers that choose them; nil for the first ones.
  var seed: Int?
  /// Which texts begin with the token that begins a text.
  var bos: QuestionWindowing.Beginning?

  static let parameters = [
    Parameter<Self>.argument("file", \.file, help: "the file with the rows of the data set"),
    Parameter("name", \.task, help: "the built-in task"),
    Parameter("query", \.query, help: "what is read before an answer; `{field}` is one of a row"),
    Parameter("choices", \.choices, help: "the answers: a field with a list, or texts"),
    Parameter("gold", \.gold, help: "the field with the right answer, or its number from 0"),
    Parameter("labels", \.labels, help: "labels of the answers, where `gold` holds one of those"),
    Parameter("answer", \.answer, help: "the right answer where the model writes it"),
    Parameter("stop", \.stop, help: "texts that end what the model writes"),
    Parameter("pattern", \.pattern, help: "a regular expression that finds the answer in it"),
    Parameter("examples", \.examples, help: "the file whose first rows precede each question"),
    Parameter("shots", \.shots, in: 0...1000, help: "how many do; 5 for mmlu and gsm8k, else none"),
    Parameter(
      "samples",
      \.samples,
      in: 1...1_000_000,
      help: "number of questions; without it, all"
    ),
    Parameter("seed", \.seed, in: 0..., help: "the seed that chooses them; without it, the first"),
    Parameter(
      "bos",
      \.bos,
      help: "where beginning-of-text tokens go; unless set, as the tokenizer says"
    ),
  ]

  var form: DataForm {
    if case .written = description.answers { .answers } else { .choices }
  }

  var beginning: QuestionWindowing.Beginning? { bos }

  /// The task, which of its questions, and how many examples.
  var note: String {
    var parts = ["of \(task?.literalText ?? String(file.path.split(separator: "/").last ?? ""))"]
    if samples != nil { parts.append(seed.map { "drawn with seed \($0)" } ?? "the first ones") }
    if shotCount > 0 { parts.append("\(counted(shotCount, "example")) before each") }
    return parts.joined(separator: ", ")
  }

  func validate() throws(ParameterProblem) {
    try validateKind()
    for (name, text) in [("query", query), ("answer", answer)] + choiceTexts {
      guard let text else { continue }
      do throws(TemplateError) {
        try TaskTemplate(text).check()
      } catch {
        throw ParameterProblem(name, error.message)
      }
    }
    if let problem = pattern.flatMap(AnswerReading.problem) {
      throw ParameterProblem("pattern", problem)
    }
    if let stop, stop.contains("") { throw ParameterProblem("stop", "must not be empty") }
    if seed != nil, samples == nil {
      throw ParameterProblem("seed", "has no use without `samples`")
    }
    if examples == nil, shotCount > 0 {
      throw ParameterProblem(
        "examples",
        "\(counted(shotCount, "example")) \(shotCount == 1 ? "precedes" : "precede") each question; name the "
          + "file that they are in, or set `shots = 0`"
      )
    }
    if examples != nil, shotCount == 0 {
      throw ParameterProblem("examples", "none precedes a question; set `shots`")
    }
  }

  /// Checks that the task is either a built-in one or described.
  private func validateKind() throws(ParameterProblem) {
    let own = [
      ("query", query != nil), ("choices", choices != nil), ("gold", gold != nil),
      ("labels", labels != nil), ("answer", answer != nil), ("stop", stop != nil),
      ("pattern", pattern != nil),
    ]
    if let task {
      guard let extra = own.first(where: \.1) else { return }
      throw ParameterProblem(
        extra.0,
        "`\(task.literalText)` says that itself; leave it out, or `name`"
      )
    }
    guard query != nil else {
      throw ParameterProblem(
        "task",
        "needs the `name` of a built-in task (\(TaskName.choices.joined(separator: ", "))), or a `query` with "
          + "`choices` and `gold`, or with an `answer`"
      )
    }
    if answer != nil {
      if let extra = own.first(where: { ["choices", "gold", "labels"].contains($0.0) && $0.1 }) {
        throw ParameterProblem(
          extra.0,
          "an `answer` is written by the model, not chosen; leave one out"
        )
      }
      return
    }
    guard choices != nil else {
      throw ParameterProblem("query", "needs the `choices` for an answer, or the `answer` itself")
    }
    guard gold != nil else {
      throw ParameterProblem("choices", "needs `gold`: the field that says which one is right")
    }
    if let extra = own.first(where: { ["stop", "pattern"].contains($0.0) && $0.1 }) {
      throw ParameterProblem(extra.0, "is for an `answer` that the model writes; leave it out")
    }
  }

  private var choiceTexts: [(String, String?)] {
    guard case .texts(let texts) = choices else { return [] }
    return texts.map { ("choices", $0) }
  }

  private var shotCount: Int { shots ?? description.shots }

  private var description: TaskDescription {
    if let task { return task.description }
    var description = TaskDescription(
      query: TaskTemplate(query ?? ""),
      answers: .templates([]),
      isNormalised: true
    )
    if let answer {
      let rule = AnswerRule(stop: stop ?? ["\n"], pattern: pattern)
      description.answers = .written(TaskTemplate(answer), rule)
      return description
    }
    switch choices {
    case .field(let name): description.answers = .field(name)
    case .texts(let texts): description.answers = .templates(texts.map { TaskTemplate($0) })
    case nil: break
    }
    switch labels {
    case .field(let name): description.gold = .label(gold ?? "", among: .field(name))
    case .texts(let texts): description.gold = .label(gold ?? "", among: .fixed(texts))
    case nil: description.gold = .answer(gold ?? "")
    }
    return description
  }

  /// The questions: the first ones, or in the order of the file those that the seed chooses.
  ///
  /// - Throws: `DataError` that names the line of a row that is none of this task.
  func questions() throws -> [Question] {
    let description = description
    let rows = try rows(of: file.path, description)
    guard !rows.isEmpty else { throw DataError("\(file.path): holds no rows") }
    let before = try examples.map { try self.rows(of: $0.path, description) } ?? []
    return try description.questions(chosen(of: rows), after: before, shots: shotCount)
  }

  private func rows(of path: String, _ description: TaskDescription) throws -> [TaskRow] {
    if path.hasSuffix(".csv"), let read = description.rowsOfTable { return try read(path) }
    return try TextReader.records(path).map { TaskRow(value: $0.value, line: $0.line, path: path) }
  }

  private func chosen(of rows: [TaskRow]) throws -> [TaskRow] {
    guard let samples else { return rows }
    guard samples <= rows.count else {
      throw DataError(
        "\(file.path): holds \(counted(rows.count, "row")), fewer than `samples = \(samples)`"
      )
    }
    guard let seed else { return Array(rows.prefix(samples)) }
    let order = try Generator(seed: UInt64(seed)).permutation(of: rows.count).integers()
    return order.prefix(samples).sorted().map { rows[$0] }
  }
}
