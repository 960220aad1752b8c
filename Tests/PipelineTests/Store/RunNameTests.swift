import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookPipeline

/// Runs in the order in which they were started.
@Suite struct RunNameTests {
  @Test func theLastOneStartedIsTheNewest() {
    var names = ["2026-11-29T142720-b", "2026-11-29T142720-b-2"]
    // The clock goes back, stands, and other recipes come between.
    for (time, recipe) in [
      ("2027-01-01T000000", "z"), ("2020-01-01T000000", "z"), ("2020-01-01T000000", "a"),
      ("2020-01-01T000000", "z"), ("2031-01-01T000000", "0"),
    ] {
      let name = RunName(after: names.shuffled(), time: time, recipe: recipe)
      names.append(name.text)
      #expect(names.map { RunName($0) }.max()?.text == name.text)
    }
    #expect(names.map { RunName($0) }.sorted().map(\.text) == names)
    #expect(names.last == "00005-2031-01-01T000000-0")
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    "", "-", "5", "00005", "99999999999999999999-x", "9223372036854775807-x", "2026-11-29T142720-b",
    "\u{0665}\u{0665}\u{0665}\u{0665}\u{0665}-x", "1234-x",
  ])
  func whatIsNoNumberIsNone(name: String) {
    #expect(RunName(name).number == 0)
    #expect(RunName(after: [name], time: "now", recipe: "x").text == "00001-now-x")
  }

  @Test func aRunIsOfItsRecipeOnly() {
    #expect(RunName("00012-2026-11-29T142720-a").isOf("a"))
    #expect(RunName("2026-11-29T142720Z-a").isOf("a"))
    #expect(!RunName("00012-2026-11-29T142720-b-a").isOf("a"))
    #expect(RunName("00012-2026-11-29T142720-b-a").isOf("b-a"))
    #expect(!RunName("00012-2026-11-29T142720-a").isOf("b"))
  }

  @Test func foldersAreNumberedBeyondFiveDigits() {
    #expect(RunName(after: ["99999-now-x"], time: "now", recipe: "x").text == "100000-now-x")
    #expect(RunName("99999-now-x") < RunName("100000-now-x"))
  }

  /// Names of folders have at most 255 bytes, and characters stay whole.
  @Test(arguments: [String(repeating: "x", count: 240), String(repeating: "é", count: 120)])
  func longNamesOfRecipesAreCut(recipe: String) {
    let name = RunName(after: [], time: "2026-11-29T142720", recipe: recipe)
    #expect(name.text.utf8.count < 255 && name.text.hasSuffix(String(recipe.prefix(100))))
    #expect(name.isOf(recipe) && !name.isOf("x"))
  }

  /// Whatever a journal says, it is no trap.
  @Test(arguments: ["1e300", "-1", "1e999", "null", "\"1\"", "NaN"])
  func secondsThatNobodyCanBelieveAreNotUsed(seconds: String) throws {
    try Fixture.withFolder { folder in
      let work = try WorkFolder(folder)
      try FileSystem.makeDirectory("\(folder)/runs/00001-2026-11-29T142720-a")
      let line = "{\"stage\": \"s\", \"seconds\": \(seconds), \"reused\": false}\n"
      try FileSystem.write(
        Array((line + "{\"stage\": \"t\", \"seconds\": 2, \"reused\": false}\n").utf8),
        to: "\(folder)/runs/00001-2026-11-29T142720-a/journal.jsonl"
      )
      #expect(work.secondsOfStages(inRunsOf: "a") == ["t": 2])
    }
  }
}
