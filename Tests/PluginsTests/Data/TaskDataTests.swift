import BillhookEngine
import BillhookFiles
@testable import BillhookCore
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// How rows of tasks become questions, by hand.
@Suite struct TaskDataTests {
  private func withTask<Result>(
    _ text: String,
    named name: String = "rows.jsonl",
    _ body: (inout TaskData) throws -> Result
  ) throws -> Result {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)")
      var task = TaskData()
      task.file = InputFile("\(folder)/\(name)")
      return try body(&task)
    }
  }

  @Test(arguments: [
    (TextOperation.capitalised, "ÉLISE et SON chien", "Élise et son chien"),
    (.capitalised, "", ""), (.capitalised, "ǆ X", "ǅ x"), (.capitalised, "ßA", "Ssa"),
    (.stripped, " \n\u{1F}a b\u{3000}", "a b"), (.spaced, "us_foreign_policy", "us foreign policy"),
    (.beforeBlank, "The _ is_big ", "The "), (.afterBlank, "The _ is_big ", "is_big"),
    (.withoutBrackets, " [header] a [title] b  c   d [x\ny] [z]] ", " a. b c  d [x\ny] ]"),
  ])
  func operationsAreThoseOfPython(operation: TextOperation, text: String, expected: String) {
    #expect(operation.apply(to: text) == expected)
  }

  @Test func templatesHaveFields() throws {
    let row = TaskRow(
      value: ["a": ["b": ["x", 2.5]], "c.d": true, "e": " e "],
      line: 3,
      path: "rows"
    )
    #expect(
      try TaskTemplate("{{{a.b.0}}} {a.b.1} {c.d} {e|stripped}.").text(of: row) == "{x} 2.5 true e."
    )
    let error = #expect(throws: DataError.self) { try TaskTemplate("{a.c}").text(of: row) }
    #expect(error?.description.contains("line 3: has no field `a.c`") == true)
    for wrong in ["{a", "a}", "{}", "{a|b}"] {
      #expect(throws: TemplateError.self) { try TaskTemplate(wrong).check() }
    }
  }

  @Test func aTaskOfOnesOwnIsDescribed() throws {
    let rows = """
      {"q": "One?", "options": ["a", "bé"], "right": "bé"}
      {"q": "Two?", "options": ["1", "2", "0"], "right": "1"}
      {"q": "Three?", "options": ["1", "2"], "right": 1}
      """
    try withTask(rows) { task in
      task.query = "Q: {q}\nA:"
      task.choices = .field("options")
      task.gold = "right"
      try task.validate()
      let questions = try task.questions()
      #expect(questions.map(\.line) == [1, 2, 3])
      let answers = ["a", "bé"].map {
        Question.Answer(after: "Q: One?\nA:", " " + $0, length: $0.unicodeScalars.count)
      }
      #expect(questions[0].form == .choice(answers, gold: 1))
      let golds = questions.map { question in
        if case .choice(_, let gold) = question.form { gold } else { -1 }
      }
      #expect(golds == [1, 0, 1])
      task.labels = .texts(["one", "two"])
      #expect(throws: DataError.self) { try task.questions() }
    }
  }

  /// Where labels are numbers, a number names one of them; else it counts from 0.
  @Test func labelsMayBeNumbers() throws {
    let rows = """
      {"q": "?", "texts": ["a", "b", "c"], "labels": [1, 2, 3], "right": 1}
      {"q": "?", "texts": ["a", "b", "c"], "labels": ["1", "2", "3"], "right": 3}
      {"q": "?", "texts": ["a", "b", "c"], "labels": ["A", "B", "C"], "right": 1}
      """
    try withTask(rows) { task in
      task.query = "{q}"
      task.choices = .field("texts")
      task.gold = "right"
      task.labels = .field("labels")
      let golds = try task.questions().map { question in
        if case .choice(_, let gold) = question.form { gold } else { -1 }
      }
      #expect(golds == [0, 2, 1])
    }
  }

  /// A truth value is the answer, or the label, of that name, whatever place it has.
  @Test func truthValuesAreNamesAndNotPlaces() throws {
    let rows = """
      {"q": "?", "right": true}
      {"q": "?", "right": false}
      {"q": "?", "right": "true"}
      """
    try withTask(rows) { task in
      task.query = "{q}"
      task.gold = "right"
      func golds() throws -> [Int] {
        try task.questions().map { question in
          if case .choice(_, let gold) = question.form { gold } else { -1 }
        }
      }
      task.choices = .texts(["true", "false"])
      let places = try golds()
      #expect(places == [0, 1, 0])
      task.choices = .texts(["no", "yes"])
      let error = #expect(throws: DataError.self) { _ = try golds() }
      let advice = "is true, which is none of `no`, `yes`; `labels = [\"false\", \"true\"]`"
      #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
      task.labels = .texts(["false", "true"])
      let labelled = try golds()
      #expect(labelled == [1, 0, 1])
    }
  }

  /// Where a label is a number, numbers are labels by their value, and no places.
  @Test(arguments: [("1", 0), ("1.0", 0), ("2", 1), ("0", nil)])
  func numbersAmongLabelsAreNoPlaces(right: String, place: Int?) throws {
    try withTask(#"{"q": "?", "texts": ["a", "b"], "right": \#(right)}"#) { task in
      task.query = "{q}"
      task.choices = .field("texts")
      task.gold = "right"
      task.labels = .texts(["1", "2"])
      let found = try? task.questions().first.map { question in
        if case .choice(_, let gold) = question.form { gold } else { -1 }
      }
      #expect(found == place)
    }
  }

  @Test func examplesPrecedeAQuestionButNotTheirOwn() throws {
    let rows = (1...4).map { #"{"q": "\#($0)?", "a": "\#($0)!"}"# + "\n" }.joined()
    try withTask(rows) { task in
      task.query = "{q}"
      task.answer = "{a}"
      task.examples = task.file
      task.shots = 2
      try task.validate()
      let prompts = try task.questions().map { question in
        if case .text(let prompt, _, _) = question.form { prompt } else { "" }
      }
      #expect(prompts[0] == "2? 2!\n\n3? 3!\n\n1?")
      #expect(prompts[1] == "1? 1!\n\n3? 3!\n\n2?")
      #expect(prompts[3] == "1? 1!\n\n2? 2!\n\n4?")
      task.shots = 4
      #expect(throws: DataError.self) { try task.questions() }
      // Nor where another path leads to the same file.
      let link = task.file.path + ".link"
      try FileManager.default.createSymbolicLink(
        atPath: link,
        withDestinationPath: task.file.path
      )
      task.examples = InputFile(link)
      #expect(throws: DataError.self) { try task.questions() }
    }
  }

  @Test func numbersSayWhichQuestionsTheyAreOf() throws {
    try withTask("") { task in
      let file = try #require(task.file.path.split(separator: "/").last)
      #expect(task.note == "of \(file)")
      task.samples = 5
      #expect(task.note == "of \(file), the first ones")
      task.task = TaskName(.word("piqa"))
      (task.seed, task.shots) = (3, 1)
      #expect(task.note == "of piqa, drawn with seed 3, 1 example before each")
    }
  }

  @Test func aSentenceNeedsItsBlank() throws {
    let row = #"{"sentence": "Ann met Bo.", "option1": "Ann", "option2": "Bo", "answer": "1"}"#
    try withTask(row) { task in
      task.task = TaskName(.word("winogrande"))
      let error = #expect(throws: DataError.self) { try task.questions() }
      #expect(
        error?.description.contains("line 1: \"Ann met Bo.\" has no blank, `_`") == true,
        "\(String(describing: error))"
      )
    }
  }

  @Test func aPartIsTheFirstOrDrawn() throws {
    let rows = (0..<20).map { #"{"q": "\#($0)", "a": "x"}"# + "\n" }.joined()
    try withTask(rows) { task in
      (task.query, task.answer, task.samples) = ("{q}", "{a}", 5)
      #expect(try task.questions().map(\.line) == [1, 2, 3, 4, 5])
      task.seed = 1
      let drawn = try task.questions().map(\.line)
      #expect(drawn.count == 5 && drawn == drawn.sorted() && drawn != [1, 2, 3, 4, 5])
      #expect(try task.questions().map(\.line) == drawn)
      task.seed = 2
      #expect(try task.questions().map(\.line) != drawn)
      task.samples = 21
      #expect(throws: DataError.self) { try task.questions() }
    }
  }

  @Test func subjectsOfMMLUMayBeTables() throws {
    let table = "\"What is \"\"it\"\",\nsay?\",a,\"b,c\",d,\"\",B\r\n\r\nLast?,1,2,3,4,D"
    try withTask(table, named: "world_religions_test.csv") { task in
      task.task = TaskName(.word("mmlu"))
      task.shots = 0
      let questions = try task.questions()
      #expect(questions.map(\.line) == [1, 4])
      #expect(questions.allSatisfy { $0.groups == ["humanities", "world_religions"] })
      guard case .choice(let answers, let gold) = questions[0].form else { return }
      #expect(gold == 1)
      #expect(
        answers[1].context
          == "The following are multiple choice questions (with answers) about world religions.\n\n"
          + "What is \"it\",\nsay?\nA. a\nB. b,c\nC. d\nD. \nAnswer:"
      )
      #expect(answers.map(\.continuation) == [" A", " B", " C", " D"])
    }
    try withTask("a,b\n", named: "anatomy_dev.csv") { task in
      task.task = TaskName(.word("mmlu"))
      task.shots = 0
      #expect(throws: DataError.self) { try task.questions() }
    }
  }

  @Test func writtenAnswersAreFound() throws {
    guard case .written(_, let rule) = TaskDescription.gsm8k.answers else { return }
    let reading = try AnswerReading(rule)
    let right = "He has 3 + 4 = 7.\n#### 1,007"
    #expect(reading.isRight(" It is $1007.\n#### 1007.\n\nQuestion: What? #### 8", right))
    #expect(reading.isRight("#### 1,007", right))
    #expect(!reading.isRight("1007", right))
    #expect(!reading.isRight("#### 8 #### 1007", right))
    #expect(reading.isEnded("abc Question:") && !reading.isEnded("abc Question"))
    let plain = try AnswerReading(AnswerRule(stop: ["\n"]))
    #expect(plain.isRight("dog\ncat", "dog") && !plain.isRight(" dog", "dog"))
    #expect(AnswerReading.problem("(") != nil)
  }

  @Test func standardErrorsArePooled() throws {
    // One set: √(p (1 - p) / (n - 1)).
    let one = try #require(Accuracy.standardError(of: [[true, true, true, false]]))
    #expect(abs(one - (0.75 * 0.25 / 3).squareRoot()) < 1e-15)
    // Two: sums of squares 0.5 and 2/3 over 5 - 2 degrees of freedom and 5 questions.
    let two = try #require(Accuracy.standardError(of: [[true, false], [true, false, false]]))
    #expect(abs(two - ((0.5 + 2.0 / 3) / 3 / 5).squareRoot()) < 1e-15)
    #expect(Accuracy.standardError(of: [[true]]) == nil)
  }
}
