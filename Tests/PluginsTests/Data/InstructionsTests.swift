import BillhookCore
import BillhookEngine
import BillhookFiles
import BillhookModels
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct InstructionsTests {
  private static let records = """
    [{"instruction": "Add.", "input": "1 and 2", "output": "3"},
     {"instruction": "Say hello.", "input": "", "output": "Hello."},
     {"instruction": "Name a colour.", "output": "Red."}]
    """

  private func documents(
    _ text: String = records,
    _ change: (inout Instructions) -> Void = { _ in }
  ) throws -> [Document] {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/data.json")
      var source = Instructions()
      source.file = InputFile("data.json", at: "\(folder)/data.json")
      change(&source)
      return try source.documents()
    }
  }

  @Test func recordsStandInAlpacasTemplate() throws {
    let found = try documents()
    let withInput = """
      Below is an instruction that describes a task, paired with an input that provides further \
      context. Write a response that appropriately completes the request.

      ### Instruction:
      Add.

      ### Input:
      1 and 2

      ### Response:

      """
    let without = """
      Below is an instruction that describes a task. Write a response that appropriately \
      completes the request.

      ### Instruction:
      Say hello.

      ### Response:

      """
    #expect(found[0] == .exchange(prompt: withInput, answer: "3", countsAll: false))
    #expect(found[1] == .exchange(prompt: without, answer: "Hello.", countsAll: false))
    #expect(found.count == 3)
  }

  /// As datasets on the hub are: JSON Lines, and `null` for no input.
  @Test(arguments: [
    "{\"instruction\": \"a\", \"input\": null, \"output\": \"b\"}\r\n{\"instruction\": \"c\", \"output\": \"d\"}",
    "\u{FEFF}[{\"instruction\": \"a\", \"input\": \"\", \"output\": \"b\"},\n {\"instruction\": \"c\", \"output\": \"d\"}]",
  ])
  func recordsMayStandOneALine(text: String) throws {
    #expect(
      try documents(text) == [
        .exchange(
          prompt: Instructions.prompt(instruction: "a", input: ""),
          answer: "b",
          countsAll: false
        ),
        .exchange(
          prompt: Instructions.prompt(instruction: "c", input: ""),
          answer: "d",
          countsAll: false
        ),
      ]
    )
  }

  @Test func someRecordsAreHeldOut() throws {
    let training = try documents { $0.heldOut = 1 }
    let held = try documents {
      $0.heldOut = 1
      $0.part = .heldOut
    }
    #expect(training.count == 2 && held.count == 1)
    #expect(try documents().allSatisfy { training.contains($0) != held.contains($0) })
    #expect(throws: DataError.self) { try documents { $0.heldOut = 3 } }
    var source = Instructions()
    source.part = .heldOut
    #expect(throws: ParameterProblem.self) { try source.validate() }
  }

  @Test(
    arguments: [
      (
        "[{\"instruction\": \"a\", \"text\": \"b\"}]",
        "data.json: line 1: has no field `output`; it has `instruction`, `text`"
      ),
      (
        "[{\"instruction\": 1, \"output\": \"b\"}]",
        "data.json: line 1: expected text in the field `instruction`, found a number"
      ),
      (
        "[\n3]",
        "data.json: line 2: expected an object with the field `instruction`, found a number"
      ),
      (
        "[{\"instruction\": null, \"output\": \"b\"}]",
        "data.json: line 1: expected text in the field `instruction`, found null"
      ),
      ("{}", "data.json: line 1: has no field `instruction`; it has none"),
      ("[", "data.json: line 1, column 2: expected a value, found the end of the document"),
    ]
  )
  func faultyRecordsAreNamed(text: String, message: String) {
    let error = #expect(throws: DataError.self) { try documents(text) }
    #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
  }

  /// Tokens are characters, for windows that can be read.
  private func windows(
    _ documents: [Document],
    end: Int? = 0,
    _ change: (inout WindowSettings) -> Void = { _ in }
  ) throws -> [TokenWindow] {
    var settings = WindowSettings()
    change(&settings)
    let windowing = Windowing(settings, beginning: TextBeginning(1, isAdded: true), end: end) {
      text in
      text.unicodeScalars.map { Int($0.value) }
    }
    return try windowing.windows(of: documents).windows
  }

  @Test func theLossCountsTheAnswerAndItsEnd() throws {
    let exchange = Document.exchange(prompt: "ab", answer: "cd", countsAll: false)
    let window = try windows([exchange])[0]
    #expect(window.tokens == [1, 97, 98, 99, 100, 0])
    #expect(window.firstTarget == 3)
    let all = Document.exchange(prompt: "ab", answer: "cd", countsAll: true)
    #expect(try windows([all])[0].firstTarget == 1)
    let plain = try windows([exchange]) { $0.bos = .nowhere }[0]
    #expect(plain.tokens == [97, 98, 99, 100, 0] && plain.firstTarget == 2)
  }

  @Test func whatIsTooLongIsCutOffAndLeftOutWhereNoAnswerIsLeft() throws {
    let long = Document.exchange(prompt: "abcdef", answer: "g", countsAll: false)
    let short = Document.exchange(prompt: "a", answer: "bcdef", countsAll: false)
    var settings = WindowSettings()
    settings.length = 4
    let beginning = TextBeginning(1, isAdded: true)
    let windowing = Windowing(settings, beginning: beginning, end: 0) { text in
      Array(text.utf8).map(Int.init)
    }
    let note = try windowing.windows(of: [long, short]).note
    #expect(note == "length 4, BOS first, 1 of 2 too long for an answer")
    let found = try windows([long, short]) { $0.length = 4 }
    #expect(found == [TokenWindow([1, 97, 98, 99], firstTarget: 2)])
    #expect(throws: DataError.self) { try windows([long]) { $0.length = 4 } }
  }

  @Test func settingsWithoutMeaningForExchangesAreRefused() {
    let exchange = Document.exchange(prompt: "ab", answer: "cd", countsAll: false)
    #expect(throws: DataError.self) { try windows([exchange]) { $0.join = " " } }
    #expect(throws: DataError.self) { try windows([exchange]) { $0.stride = 2 } }
    #expect(throws: DataError.self) { try windows([exchange], end: nil) }
    #expect(throws: DataError.self) { try windows([exchange]) { $0.samples = 2 } }
    #expect(throws: DataError.self) { try windows([exchange, .text("a")]) }
  }
}
