import Foundation
import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookPipeline

/// A disk that is full at any moment: the error says so, nothing is damaged, and the next run ends
/// as if nothing had happened.
@Suite struct FullDiskTests {
  /// Whether every change is tried, as in `make kill-test`, and not only some of them.
  static let triesAll = ProcessInfo.processInfo.environment["BILLHOOK_KILLS"] != nil

  static let recipe = """
    prune block on windows { by ppl, remove 1 }
    evaluate perplexity on windows
    save "OUT/pruned"
    """

  /// Tries the changes that the run makes on the disk, one after the other: every fourth, or where room
  /// is made after a single one, every eleventh.
  @Test(arguments: [false, true])
  func everyChangeInTurn(isFreedAgain: Bool) throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(Self.recipe, in: folder)
      try run.run()
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.keys.contains("pruned/model.safetensors"))

      var room = 0
      while true {
        try FileSystem.remove("\(folder)/out")
        try FileSystem.remove("\(folder)/work")
        let disk = FullDisk(room: room, isFreedAgain: isFreedAgain)
        let message = FullDisk.$simulated.withValue(disk) { () -> String? in
          do {
            try run.run()
            return nil
          } catch let error as StepError {
            return error.message
          } catch {
            return "\(error)"
          }
        }
        guard disk.wasMet else { break }
        if let message {
          #expect(message.contains("No space left on device"), "change \(room): \(message)")
          // It names a file or folder of ours.
          #expect(message.contains(folder), "change \(room): \(message)")
        } else {
          // A hash that could not be kept is only computed again.
          #expect(isFreedAgain, "change \(room)")
          #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected, "change \(room)")
        }
        // What stands under a final name is whole.
        if FileSystem.isDirectory("\(folder)/out") {
          for (file, hash) in try SavedFiles.hashes(in: "\(folder)/out") where !file.hasPrefix(".")
          {
            #expect(expected[file] == hash, "change \(room): \(file)")
          }
        }
        try run.run()
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected, "change \(room)")
        #expect(try FileSystem.names(in: "\(folder)/out") == ["pruned"])
        room += Self.triesAll ? 1 : isFreedAgain ? 11 : 4
      }
      #expect(room > 80)
    }
  }

  /// What is saved in the place of an older result: the name has one of them at every moment, and the
  /// next run leaves nothing beside it.
  ///
  /// Every seventh change is tried.
  @Test(arguments: [true, false])
  func aReplacementIsWholeOrNotThere(canExchange: Bool) throws {
    try Fixture.withFolder { folder in
      let recipes = (1...2).map { count in
        "prune block { by magnitude, remove \(count) }\nsave \"OUT/pruned\" { overwrite = true }"
      }
      var results: [[String: String]] = []
      var bytes: [[UInt8]] = []
      for recipe in recipes {
        try TinyRun(recipe, in: folder).run()
        results.append(try SavedFiles.hashes(in: "\(folder)/out"))
        bytes.append(try FileSystem.read("\(folder)/out/pruned/model.safetensors"))
      }
      #expect(bytes[0] != bytes[1])
      let run = try TinyRun(recipes[0], in: folder)
      let older = try TinyRun(recipes[1], in: folder)
      var room = 0
      while true {
        let disk = FullDisk(room: room)
        try Disk.$canExchange.withValue(canExchange) {
          FullDisk.$simulated.withValue(disk) { _ = try? run.run() }
          let found = try SavedFiles.hashes(in: "\(folder)/out")
          // Without the step, the older one may have its hidden name until the next run.
          let visible = found.filter { !$0.key.hasPrefix(".") }
          #expect(results.contains(visible) || (!canExchange && visible.isEmpty), "change \(room)")
          try run.run()
        }
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == results[0], "change \(room)")
        #expect(try FileSystem.names(in: "\(folder)/out") == ["pruned"], "change \(room)")
        guard disk.wasMet else { break }
        try older.run()
        room += Self.triesAll ? 1 : 7
      }
      #expect(room > 30)
    }
  }
}
