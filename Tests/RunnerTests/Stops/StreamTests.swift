import BillhookCore
import Foundation
import TestSupport
import Testing

/// Streams that nobody reads, that are closed or full: the work is done all the same, and what could
/// not be printed is an error.
@Suite struct StreamTests {
  /// Runs a line of a shell in a folder with a recipe, where `billhook` is the program.
  private func shell(_ line: String, in folder: String) throws -> (status: Int32, errors: String) {
    let recipe = try Billhook.recipe(
      """
      prune block on windows { by ppl, remove 1 }
      evaluate perplexity on windows
      save "out/pruned"
      """,
      in: folder
    )
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    let program = try #require(Billhook.folder)
    process.arguments = [
      "-c", "set -o pipefail; billhook() { '\(program)/billhook' \"$@\"; }; \(line)",
    ]
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ProcessInfo.processInfo.environment
      .merging(["RECIPE": recipe]) { $1 }
    try FileSystem.write([], to: "\(folder)/errors")
    process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(folder)/errors"))
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try Fixture.text("\(folder)/errors"))
  }

  static let lines: [(line: String, status: Int32, says: String)] = [
    ("billhook run $RECIPE | true", 0, ""),
    ("billhook run $RECIPE --json | head -n 1", 0, ""),
    ("billhook run $RECIPE --json | head -c 10", 0, ""),
    ("billhook run $RECIPE >&-", 3, "standard output: cannot be written: Bad file descriptor"),
    ("billhook run $RECIPE --json >&-", 3, "standard output: cannot be written"),
    ("billhook run $RECIPE > /dev/full", 3, "cannot be written: No space left on device"),
    ("billhook run $RECIPE 2>&-", 0, ""),
    ("billhook run $RECIPE 2> /dev/full", 0, ""),
    ("billhook run $RECIPE 2> >(true)", 0, ""),
    ("billhook run $RECIPE <&-", 0, ""),
    ("billhook run $RECIPE <&- 2>&-", 0, ""),
    ("billhook run $RECIPE <&- >&- 2>&-", 3, ""),
  ]

  @Test(arguments: lines.indices)
  func theWorkIsDone(index: Int) throws {
    let (line, status, says) = Self.lines[index]
    // Nothing but Linux has a device that is always full.
    guard !line.contains("/dev/full") || FileSystem.exists("/dev/full") else { return }
    try Fixture.withFolder { folder in
      let outcome = try shell(line, in: folder)
      #expect(outcome.status == status, "\(line): \(outcome.errors)")
      #expect(says.isEmpty || outcome.errors.contains(says), "\(line): \(outcome.errors)")
      #expect(try LanguageModel(opening: "\(folder)/out/pruned").blocks.count == 3)
      // What was meant for a closed stream is in no file.
      let runs = try FileSystem.names(in: "\(folder)/.billhook/runs")
      let report = "\(folder)/.billhook/runs/\(try #require(runs.first))/report.json"
      _ = try JSON(parsing: FileSystem.read(report))
    }
  }

  static let others: [(line: String, status: Int32)] = [
    ("billhook explain > /dev/full", 3), ("billhook explain >&-", 3),
    ("billhook --help > /dev/full", 3), ("billhook explain | true", 0),
    ("billhook explain nothing > /dev/full", 1), ("billhook check $RECIPE > /dev/full", 3),
  ]

  @Test(arguments: others.indices)
  func otherCommandsSayIt(index: Int) throws {
    let (line, status) = Self.others[index]
    guard !line.contains("/dev/full") || FileSystem.exists("/dev/full") else { return }
    try Fixture.withFolder { folder in
      let outcome = try shell(line, in: folder)
      #expect(outcome.status == status, "\(line): \(outcome.errors)")
    }
  }
}
