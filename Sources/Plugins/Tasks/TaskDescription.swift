import BillhookCore

/// How a task asks its questions, as data: what a model reads, the answers, and which is right.
///
/// The built-in ones follow lm-eval 0.4.13, each in a file of its own.
struct TaskDescription: Sendable {
  /// The answers of a question.
  enum Answers: Sendable {
    /// The texts of a list in a field, after operations.
    case field(String, then: [TextOperation] = [])
    /// A text for each answer.
    case templates([TaskTemplate])
    /// The same text after different contexts, which take the place of the query.
    case contexts([TaskTemplate], then: TaskTemplate)
    /// A text that the model writes.
    case written(TaskTemplate, AnswerRule)
  }

  /// Which answer is right.
  enum Gold: Sendable {
    /// The number of the answer, counted from `first`, in the first of some fields that a row has; false
    /// and true count as 0 and 1.
    case number([String], first: Int = 0)
    /// One of the labels; a number counts from 0 where none of them is one.
    case label(String, among: Labels)
    /// The answer itself; a number counts from 0.
    case answer(String)
  }

  /// The labels of the answers.
  enum Labels: Sendable, Equatable {
    /// The texts of a list in a field.
    case field(String)
    /// The same for all questions.
    case fixed([String])
  }

  /// What a model reads before an answer.
  var query: TaskTemplate
  /// The answers.
  var answers: Answers
  /// The right one; nil where the model writes it.
  var gold: Gold?
  /// What stands before the examples and the question.
  var introduction: TaskTemplate?
  /// What stands between a question and its answer.
  var delimiter = " "
  /// What stands between two examples.
  var separator = "\n\n"
  /// How many examples there are unless a recipe says another number.
  var shots = 0
  /// Whether accuracy is also measured by log-likelihoods that are divided by the answers' lengths.
  var isNormalised = false
  /// The groups that a question belongs to, from the largest to the smallest.
  var groups: @Sendable (TaskRow) throws(DataError) -> [String] = { _ in [] }
  /// Reads rows from a file of comma-separated values; nil where there is no such form.
  var rowsOfTable: (@Sendable (_ path: String) throws -> [TaskRow])?
}

extension TaskDescription {
  /// The questions of rows.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - examples: Rows of which the first precede each question, by the smallest group where there
  ///     are groups; a row never precedes itself.
  ///   - shots: How many.
  /// - Returns: The questions in the order of the rows.
  /// - Throws: `DataError` that names a line.
  func questions(
    _ rows: [TaskRow],
    after examples: [TaskRow],
    shots: Int
  ) throws(DataError) -> [Question] {
    // Two paths may lead to one file.
    let files = [rows, examples].map { $0.first.map { FileSystem.resolved($0.path) } }
    let areOfOneFile = files[0] == files[1]
    var known: [String: [TaskRow]] = [:]
    for example in examples { known[try groups(example).last ?? "", default: []].append(example) }
    var shown: [String: (text: String, count: Int)] = [:]
    var questions: [Question] = []
    for row in rows {
      let group = try groups(row).last ?? ""
      let pool = known[group] ?? []
      let own = areOfOneFile ? pool.prefix(shots).firstIndex { $0.line == row.line } : nil
      var before = shown[group]
      if own != nil || before == nil {
        let chosen = pool.enumerated().filter { $0.offset != own }.prefix(shots).map(\.element)
        guard chosen.count == shots else {
          let place = group.isEmpty ? "" : " for `\(group)`"
          throw row.failure(
            "\(counted(shots, "example")) are to precede it, and there are \(chosen.count)\(place); "
              + "set `shots`, or choose another file of `examples`"
          )
        }
        var text = ""
        for example in chosen { text += try self.example(example) }
        before = (text, shots)
        if own == nil { shown[group] = before }
      }
      let context = try (introduction?.text(of: row) ?? "") + (before?.text ?? "")
      questions.append(
        Question(try form(row, after: context), groups: try groups(row), line: row.line)
      )
    }
    return questions
  }

  private func form(_ row: TaskRow, after before: String) throws(DataError) -> Question.Form {
    let answers: [Question.Answer]
    switch self.answers {
    case .written(let answer, let rule):
      let prompt = before + (try query.text(of: row))
      return .text(prompt: prompt, answer: try answer.text(of: row), rule)
    case .contexts(let contexts, let last):
      let text = delimiter + (try last.text(of: row))
      var found: [Question.Answer] = []
      for context in contexts {
        found.append(Question.Answer(after: before + (try context.text(of: row)), text))
      }
      answers = found
    case .field, .templates:
      let context = before + (try query.text(of: row))
      answers = try texts(of: row).map {
        Question.Answer(
          after: context,
          delimiter + $0,
          length: isNormalised ? $0.unicodeScalars.count : nil
        )
      }
    }
    guard answers.count > 1 else {
      throw row.failure("expected two answers or more, found \(answers.count)")
    }
    return .choice(answers, gold: try goldIndex(row))
  }

  /// A question with its right answer, as it precedes others.
  private func example(_ row: TaskRow) throws(DataError) -> String {
    switch answers {
    case .written(let answer, _):
      return try query.text(of: row) + delimiter + answer.text(of: row) + separator
    case .contexts(let contexts, let last):
      return try contexts[goldIndex(row)].text(of: row) + delimiter + last.text(of: row) + separator
    case .field, .templates:
      return try query.text(of: row) + delimiter + texts(of: row)[goldIndex(row)] + separator
    }
  }

  /// The answers of a row, or the contexts that take their place.
  private func texts(of row: TaskRow) throws(DataError) -> [String] {
    switch answers {
    case .field(let path, let operations):
      var texts: [String] = []
      for text in try row.texts(path) { texts.append(try operations.apply(to: text, of: row)) }
      return texts
    case .templates(let templates), .contexts(let templates, _):
      var texts: [String] = []
      for template in templates { texts.append(try template.text(of: row)) }
      return texts
    case .written: return []
    }
  }

  /// The index of the right answer.
  ///
  /// - Throws: `DataError` where it is none of the answers.
  private func goldIndex(_ row: TaskRow) throws(DataError) -> Int {
    guard let gold else { return 0 }
    let texts = try texts(of: row)
    let (path, first, labels): (String, Int, [String]?)
    switch gold {
    case .number(let names, let start):
      let name = names.first { row.value($0) != nil } ?? names.first ?? ""
      (path, first, labels) = (name, start, nil)
    case .label(let name, .fixed(let list)): (path, first, labels) = (name, 0, list)
    case .label(let name, .field(let field)):
      (path, first, labels) = (name, 0, try row.texts(field))
    case .answer(let name): (path, first, labels) = (name, 0, texts)
    }
    let value = try row.require(path)
    let index =
      if let labels { place(of: value, among: labels) } else { number(value).map { $0 - first } }
    guard let index, texts.indices.contains(index) else {
      let known =
        labels.map { $0.map { "`\($0.shown(atMost: 40))`" }.joined(separator: ", ") }
        ?? "\(first) to \(texts.count - 1 + first)"
      let found = value.text(indent: nil).shown(atMost: 40)
      let advice =
        value.bool == nil ? "" : "; `labels = [\"false\", \"true\"]` would say which it is"
      throw row.failure(
        "the right answer, in the field `\(path)`, is \(found), which is none of \(known)\(advice)"
      )
    }
    return index
  }

  /// The number that a value without labels stands for.
  private func number(_ value: JSON) -> Int? {
    switch value {
    case .bool(let flag): flag ? 1 : 0
    case .number(let number): number.int
    case .string(let text): Int(String(text.unicodeScalars.drop(while: \.isPythonSpace)))
    default: nil
    }
  }

  /// The place of a value among labels or answers.
  ///
  /// Numbers are places where labels are words (as in MMLU), and always among answers, whose texts may be
  /// numbers of their own.
  private func place(of value: JSON, among labels: [String]) -> Int? {
    switch value {
    case .bool(let flag): return labels.firstIndex { $0.lowercased() == "\(flag)" }
    case .string(let text):
      let word = text.unicodeScalars.drop(while: \.isPythonSpace)
      return labels.firstIndex { $0.unicodeScalars.elementsEqual(word) }
    case .number(let number):
      guard case .label? = gold, labels.contains(where: { Double($0) != nil }) else {
        return number.int
      }
      return labels.firstIndex { Double($0) == number.double }
    default: return nil
    }
  }
}
