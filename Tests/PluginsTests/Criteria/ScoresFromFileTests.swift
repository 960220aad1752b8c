@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct ScoresFromFileTests {
  private func scores(
    _ text: String,
    units: [Int] = [0, 1, 2],
    _ set: (inout ScoresFromFile) -> Void = { _ in }
  ) throws -> (scores: [Double], notes: [String]) {
    try Fixture.withFolder { folder in
      let path = "\(folder)/scores.csv"
      try FileSystem.write(Array(text.utf8), to: path)
      var criterion = ScoresFromFile()
      criterion.file = InputFile(path)
      set(&criterion)
      let blocks = units.map {
        PrunableUnit(kind: "block", granularity: .block, number: $0, block: $0)
      }
      let statistics = Statistics()
      return (try criterion.scores(of: blocks, statistics), statistics.takeNotes().map(\.text))
    }
  }

  @Test func namesOfModules() throws {
    // The published style: modules, those that are no block among them.
    let found = try scores(
      """
      block_name,block_score
      model.layers.1,20.5
      model.layers.0,10
      model.norm,7
      model.layers.2,3e1
      lm_head,9
      """
    )
    #expect(found.scores == [10, 20.5, 30])
    #expect(found.notes.count == 1)
    #expect(found.notes.first?.contains("model.norm, lm_head") == true)
  }

  @Test func numbersAsFractions() throws {
    let found = try scores(
      """
      removed_block,ppl_bookcorpus,num_calib_data,params
      0.0,8.25,10.0,6536032256.0
      1.0,9.5,10.0,6536032256.0
      2.0,inf,10.0,6536032256.0
      """
    )
    #expect(found.scores == [8.25, 9.5, .infinity])
    #expect(found.notes.isEmpty)
  }

  @Test func columnsByName() throws {
    let text = "what,a,b\n0,1,4\n1,2,5\n2,3,6\n"
    #expect(
      try scores(text) {
        $0.unit = "what"
        $0.score = "b"
      }.scores == [4, 5, 6]
    )
    let error = #expect(throws: DataError.self) { try scores(text) }
    #expect(error?.description.contains("what, a, b") == true)
    #expect(throws: DataError.self) { try scores(text) { $0.unit = "c" } }
  }

  @Test func whatAScoringWroteIsReadBack() throws {
    let golden = try Golden("llama-gqa")
    let scoring = Scoring(golden.model, [Block()], .testing())
    let ppl = RemovalPerplexity()
    let expected = try scoring.scored(by: ppl, on: golden.tokens)
    let found = try scores(ScoreFile.text(expected), units: [0, 1, 2, 3])
    #expect(found.scores == expected.values)
  }

  static let faults: [(text: String, says: String)] = [
    ("", "empty"),
    ("unit,score\n0,1\n1,2\n", "no score for block 2"),
    ("unit,score\n0,1\n1,x\n2,3\n", "line 3"),
    ("unit,score\n0,1\n1,nan\n2,3\n", "line 3: `nan` is not a score"),
    ("unit,score\n0,1\n1,-inf\n2,3\n", "line 3: `-inf` is not a score"),
    ("unit,score\r\n0,1\r\n1,x\r\n2,3\r\n", "line 3"),
    ("unit,score\n1e300,1\ninf,1\nnan,1\n-1,2\n9223372036854775808,3\n", "no score for block 0"),
    ("unit,score\n0,\(String(repeating: "9", count: 100_000))x\n", "…` is not a score"),
    ("unit,score\n0,1\n1\n2,3\n", "line 3"),
    ("unit,score\n0,1\n1,2\n2,3\n1,4\n", "line 5"),
  ]

  @Test(arguments: faults.indices)
  func faultsAreExplained(index: Int) throws {
    let fault = Self.faults[index]
    let error = #expect(throws: DataError.self) { try scores(fault.text) }
    #expect(error?.description.contains(fault.says) == true, "\(error?.description ?? "")")
  }

  @Test func anInfiniteScoreMeansThatTheBlockStays() throws {
    let golden = try Golden("llama-gqa")
    let scoring = Scoring(golden.model, [Block()], .testing())
    try Fixture.withFolder { folder in
      try FileSystem.write(
        Array("unit,score\n0,inf\n1,2\n2,3\n3,4\n".utf8),
        to: "\(folder)/scores.csv"
      )
      var criterion = ScoresFromFile()
      criterion.file = InputFile("\(folder)/scores.csv")
      let scores = try scoring.scored(by: criterion, on: nil)
      #expect(scores.leastImportantFirst.map(\.number) == [1, 2, 3, 0])
    }
  }

  /// What `check` reads before anything is computed: columns always, and units where they are known.
  @Test func whatAFileLacksIsKnownBeforehand() throws {
    try Fixture.withFolder { folder in
      var criterion = ScoresFromFile()
      criterion.file = InputFile("\(folder)/scores.csv")
      let blocks = Block().units(of: try Golden("llama-gqa").model)
      try criterion.file.write("unit,score\n0,1\n1,2\n2,3\n")
      try criterion.check([])
      let error = #expect(throws: DataError.self) { try criterion.check(blocks) }
      #expect(error?.description.hasSuffix("has no score for block 3") == true)
      try criterion.check(blocks.filter { $0.block < 3 })
      try criterion.file.write("layer,score\n0,1\n")
      #expect(throws: DataError.self) { try criterion.check([]) }
    }
  }
}

extension InputFile {
  fileprivate func write(_ text: String) throws {
    try FileSystem.write(Array(text.utf8), to: path)
  }
}
