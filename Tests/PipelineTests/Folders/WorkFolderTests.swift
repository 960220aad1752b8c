import Foundation
import TestSupport
import Testing

@testable import BillhookFiles
@testable import BillhookPipeline

/// A work folder holds what runs computed, and whatever else is in it stays.
@Suite struct WorkFolderTests {
  private static let key = String(repeating: "ab", count: 32)

  private func write(_ files: [String], in folder: String) throws {
    for name in files {
      try FileSystem.makeDirectory(FileSystem.parent(of: "\(folder)/\(name)"))
      try FileSystem.write(Array(name.utf8), to: "\(folder)/\(name)")
    }
  }

  private func names(in folder: String) throws -> [String] { try WrittenFiles.names(in: folder) }

  @Test func whatOthersPutThereStays() throws {
    try Fixture.withFolder { folder in
      let work = "\(folder)/work"
      do {
        let made = try WorkFolder(work)
        let run = try RunFolder(in: made.path, name: "run")
        for stem in ["scores-ppl", "scores-ppl", "scores-taylor"] {
          try run.keep("unit,score\n0,1\n", as: stem, extension: "csv")
        }
        let clean = try RunFolder(in: made.path, name: "clean")
        try clean.keep("model", as: "recipe", extension: "recipe")
        #expect(try clean.log(as: "training-lora").hasSuffix("/runs/clean/training-lora.jsonl"))
      }
      try write(
        [
          "stages/\(Self.key).json", "hashes.json", "products/\(Self.key)/weights.safetensors",
          "products/\(Self.key)/key.json", "evidence/\(Self.key)/removals.safetensors",
          "products/\(Self.key)/log.jsonl", "runs/clean/report.json", "runs/clean/journal.jsonl",
          "runs/clean/training-lora.jsonl", "runs/clean/scratch/spilled.bin",
          "runs/run/report.json",
        ],
        in: work
      )
      let others = [
        "notes.txt", "mine/a.txt", "stages/mine.json", "evidence/\(Self.key)/notes.md",
        "products/w.pt",
        "products/\(Self.key)/notes.md",
        "products/\(Self.key)/mine.jsonl", "products/\(Self.key)/weights-of-mine.safetensors",
        "runs/tensorboard/e1", "runs/run/notes.md", "runs/run/own/report.json",
        "runs/run/report.md", "runs/run/training-notes.jsonl", "runs/mine/scratch/data.bin",
      ]
      try write(others, in: work)
      try FileSystem.write(Array("mine".utf8), to: "\(work)/runs/run/scores-ppl-2.csv")
      let cleaning = try WorkFolder.clean(work)
      #expect(cleaning.stages == 1 && cleaning.runs == 1)
      let left = others + ["runs/run/scores-ppl-2.csv"]
      let own = ["billhook-work-folder", "lock"]
      #expect(try names(in: work) == (left + own).sorted())
      #expect(
        cleaning.left.sorted() == left.map { "\(work)/\($0)" }.sorted(),
        "\(cleaning.left)"
      )
    }
  }

  static let foreign: [[String]] = [
    ["runs/tensorboard/e1", "products/w.pt", "hashes.json"], ["stages/a.json"], ["lock"],
    ["lock", "stages/a.json", "src/main.c"], ["README.md"], ["billhook.json"],
  ]

  @Test(arguments: foreign)
  func foldersOfOthersAreNotTouched(files: [String]) throws {
    try Fixture.withFolder { folder in
      try write(files, in: folder)
      let error = #expect(throws: FileError.self) { try WorkFolder.clean(folder) }
      #expect(error?.description.contains("is not marked as a work folder") == true)
      let other = #expect(throws: FileError.self) { try WorkFolder(folder) }
      #expect(other?.description.contains("name a new folder with --work") == true)
      #expect(try names(in: folder) == files.sorted())
    }
  }

  @Test func whatKilledRunsLeftGoesWithTheNext() throws {
    try Fixture.withFolder { folder in
      _ = try WorkFolder(folder)
      try RunFolder(in: folder, name: "a").keep("model", as: "recipe", extension: "recipe")
      let kept = [
        "billhook-work-folder", "lock", "runs/a/recipe.recipe", "runs/a/files.json",
        "runs/mine/scratch/data.bin",
        "products/\(Self.key)/weights.safetensors", "products/\(Self.key)/notes.md",
        "products/\(Self.key)/log.jsonl", "products/other/checkpoint.safetensors",
        "products/other/best.safetensors",
      ]
      try write(
        [
          "runs/mine/scratch/data.bin", "runs/a/scratch/spilled.bin", "runs/a/scratch/deep/x.bin",
          "runs/a/report.json\(FileSystem.unfinished)", "hashes.json\(FileSystem.unfinished)",
          "stages/x.json\(FileSystem.unfinished)", "products/\(Self.key)/weights.safetensors",
          "products/\(Self.key)/checkpoint.safetensors", "products/\(Self.key)/log.jsonl",
          "products/\(Self.key)/best.safetensors.billhook-partial", "products/\(Self.key)/notes.md",
          "products/other/checkpoint.safetensors", "products/other/best.safetensors",
        ],
        in: folder
      )
      try write(["scratch/data.bin", "x\(FileSystem.unfinished)"], in: "\(folder)-other")
      defer { try? FileSystem.remove("\(folder)-other") }
      let link = "\(folder)/runs/elsewhere"
      try FileManager.default.createSymbolicLink(
        atPath: link,
        withDestinationPath: "\(folder)-other"
      )
      let result: JSON = ["weights": [["name": "weights.safetensors"]]]
      let stage = SealedDocument.text([JSON.Member(key: "result", value: result)])
      try FileSystem.write(Array(stage.utf8), to: "\(folder)/stages/\(Self.key).json")
      _ = try WorkFolder(folder)
      #expect(try names(in: "\(folder)-other").count == 2)
      try FileSystem.remove(link)
      #expect(try names(in: folder) == (kept + ["stages/\(Self.key).json"]).sorted())
    }
  }

  @Test func onlyOneRunHasIt() throws {
    try Fixture.withFolder { folder in
      let work = try WorkFolder(folder)
      try withExtendedLifetime(work) {
        try write(["runs/a/scratch/spilled.bin"], in: folder)
        #expect(throws: FileError.self) { try WorkFolder(folder) }
        #expect(throws: FileError.self) { try WorkFolder.clean(folder) }
        // Nothing of a living run is cleared up.
        #expect(FileSystem.exists("\(folder)/runs/a/scratch/spilled.bin"))
      }
    }
  }

  /// What is found out only when the folder is taken says the same: here its lock is a folder.
  @Test func aFolderThatCannotBeTaken() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/lock")
      try WorkFolderMarker.set(in: folder)
      let error = #expect(throws: FileError.self) { _ = try WorkFolder(folder) }
      #expect(error?.message.hasSuffix("; name another work folder with --work DIR") == true)
    }
  }
}
