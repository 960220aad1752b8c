@testable import BillhookFiles
@testable import BillhookModels
@testable import BillhookPipeline
@testable import BillhookPlugins
import Foundation
import TestSupport
import Testing

/// A save takes the place of what an earlier save left there, and of nothing else.
@Suite struct ReplacingTests {
  /// A model with a licence beside it, saved to `out` in a folder.
  private struct Saved {
    let model: LanguageModel
    let smaller: LanguageModel
    let place: String

    init(in folder: String) throws {
      let source = "\(folder)/source"
      try FileSystem.makeDirectory("\(source)/additional_chat_templates")
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(source)/\(name)")
      }
      for name in ["LICENSE", "additional_chat_templates/tool.jinja"] {
        try FileSystem.write(Array(name.utf8), to: "\(source)/\(name)")
      }
      model = try LanguageModel(opening: source)
      smaller = try model.removingBlocks([1])
      place = "\(folder)/outputs/out"
      #expect(try save(model) == .written)
    }

    func save(_ model: LanguageModel, to path: String? = nil) throws -> Saving.Outcome {
      let record = Provenance(
        recipe: "",
        source: "test",
        removals: [],
        derivation: [],
        parameters: (0, 0)
      )
      return try Saving(format: HuggingFace(), context: .testing())
        .save(model, record, to: path ?? place, overwrite: true)
    }

    /// What stands in the place, by names and contents.
    func contents() throws -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: try WrittenFiles.names(in: place).map { name in
          (name, SHA256.hex((try? FileSystem.read("\(place)/\(name)")) ?? []))
        }
      )
    }
  }

  /// What somebody can do to a saved directory, and what the message calls it.
  static let changes: [(says: String, change: @Sendable (String) throws -> Void)] = [
    ("eval.json (added)", { try FileSystem.write([1], to: "\($0)/eval.json") }),
    ("p-f16.gguf (added)", { try FileSystem.write([1], to: "\($0)/p-f16.gguf") }),
    (".hidden (added)", { try FileSystem.write([1], to: "\($0)/.hidden") }),
    (
      "deep/ (added)",
      {
        try FileSystem.makeDirectory("\($0)/deep/er")
        try FileSystem.write([1], to: "\($0)/deep/er/notes.txt")
      }
    ),
    ("empty/ (added)", { try FileSystem.makeDirectory("\($0)/empty") }),
    (
      "additional_chat_templates/own.jinja (added)",
      { try FileSystem.write([1], to: "\($0)/additional_chat_templates/own.jinja") }
    ),
    ("link (added)", { #expect(symlink("/dev/null", "\($0)/link") == 0) }),
    ("nowhere (added)", { #expect(symlink("/no/such/file", "\($0)/nowhere") == 0) }),
    ("LICENSE (changed)", { try FileSystem.write(Array("Mine".utf8), to: "\($0)/LICENSE") }),
    (
      "config.json (changed)",
      { folder in
        var text = try JSONText(FileSystem.read("\(folder)/config.json"))
        text.set("note", to: "by hand")
        try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      }
    ),
    (
      "model.safetensors (changed)",
      { folder in
        var bytes = try FileSystem.read("\(folder)/model.safetensors")
        bytes[bytes.count - 1] ^= 1
        try FileSystem.write(bytes, to: "\(folder)/model.safetensors")
      }
    ),
    (
      "billhook.json (changed)",
      { folder in
        var text = try JSONText(FileSystem.read("\(folder)/billhook.json"))
        text.set("source", to: "elsewhere")
        try FileSystem.write(text.bytes, to: "\(folder)/billhook.json")
      }
    ),
    (
      "LICENSE (changed)",
      { folder in
        try FileSystem.rename("\(folder)/LICENSE", to: "\(folder)/../LICENSE")
        #expect(symlink("../LICENSE", "\(folder)/LICENSE") == 0)
      }
    ),
  ]

  @Test(arguments: changes.indices)
  func whatSomebodyPutThereStopsTheSave(index: Int) throws {
    let (says, change) = Self.changes[index]
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      try change(saved.place)
      let before = try saved.contents()
      let error = #expect(throws: FileError.self) { try saved.save(saved.smaller) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains("nothing is replaced: move that") == true)
      #expect(try saved.contents() == before)
      let names = try FileSystem.names(in: "\(folder)/outputs")
      #expect(names.filter { $0 != "LICENSE" } == ["out"])
    }
  }

  @Test func whatSomebodyPutBesideThisVeryResultStays() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      try FileSystem.write([1], to: "\(saved.place)/eval.json")
      try FileSystem.makeDirectory("\(saved.place)/deep")
      let before = try saved.contents()
      #expect(try saved.save(saved.model) == .alreadyThere)
      #expect(try saved.contents() == before && before["eval.json"] != nil)
      #expect(FileSystem.isDirectory("\(saved.place)/deep"))
    }
  }

  /// With and without a step of the system that exchanges names.
  @Test(arguments: [true, false])
  func whatWasSavedIsReplacedWhereverItWasMoved(canExchange: Bool) throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let copy = "\(folder)/copied/elsewhere"
      try FileSystem.makeDirectory("\(folder)/copied")
      try FileManager.default.copyItem(atPath: saved.place, toPath: copy)
      // Files that are missing lose nothing, and the system's own notes are nobody's.
      try FileSystem.remove("\(copy)/LICENSE")
      try FileSystem.write([1], to: "\(copy)/.DS_Store")
      let outcome = try Disk.$canExchange.withValue(canExchange) {
        try saved.save(saved.smaller, to: copy)
      }
      #expect(outcome == .written)
      #expect(try LanguageModel(opening: copy).blocks.count == 3)
      #expect(try LanguageModel(opening: saved.place).blocks.count == 4)
      #expect(try FileSystem.names(in: "\(folder)/copied") == ["elsewhere"])
    }
  }

  @Test(arguments: [true, false])
  func whatIsChangedInTheLastMomentComesBack(canExchange: Bool) throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let before = try saved.contents()
      let place = OutputDirectory(saved.place)
      let staging = try place.stage()
      try FileSystem.write([1], to: "\(staging.new)/new")
      _ = Disk.$canExchange.withValue(canExchange) {
        #expect(throws: FileError.self) { try place.replace(by: staging) { _ in false } }
      }
      try staging.remove()
      #expect(try saved.contents() == before)
      #expect(try FileSystem.names(in: "\(folder)/outputs") == ["out"])
    }
  }

  @Test(arguments: [true, false])
  func aLinkStaysALink(canExchange: Bool) throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let link = "\(folder)/link"
      #expect(symlink("outputs/out", link) == 0)
      let outcome = try Disk.$canExchange.withValue(canExchange) {
        try saved.save(saved.smaller, to: link)
      }
      #expect(outcome == .written)
      #expect(FileSystem.isLink(link))
      #expect(try LanguageModel(opening: saved.place).blocks.count == 3)
      // One that leads to nothing yet.
      let other = "\(folder)/other"
      #expect(symlink("disk/new/model", other) == 0)
      #expect(try saved.save(saved.model, to: other) == .written)
      #expect(FileSystem.isLink(other) && !FileSystem.isLink("\(folder)/disk/new/model"))
      #expect(try LanguageModel(opening: "\(folder)/disk/new/model").blocks.count == 4)
    }
  }

  @Test func anEmptyDirectoryIsTaken() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      try FileSystem.makeDirectory("\(folder)/ready")
      #expect(try saved.save(saved.model, to: "\(folder)/ready") == .written)
    }
  }

  /// A directory of an earlier version, whose record has no list.
  @Test func whereNobodyCanTellNothingIsReplaced() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let path = "\(saved.place)/billhook.json"
      var text = try JSONText(FileSystem.read(path))
      for key in ["files", "sha256"] { text.remove(key) }
      try FileSystem.write(text.bytes, to: path)
      #expect(try saved.save(saved.model) == .alreadyThere)
      let error = #expect(throws: FileError.self) { try saved.save(saved.smaller) }
      #expect(error?.description.contains("kept no list of its files") == true)
      #expect(try LanguageModel(opening: saved.place).blocks.count == 4)
    }
  }

  // MARK: What killed processes left

  /// A folder that a process left in the middle of a save; no process has so high a number.
  private func leave(
    _ names: [String],
    of owner: String = "2147483647",
    beside place: String
  ) throws -> String {
    let name = try #require(place.split(separator: "/").last)
    let folder = "\(FileSystem.parent(of: place))/.\(name).billhook-new-\(owner)"
    try FileSystem.makeDirectory(folder)
    for name in names {
      guard name != "lock" else {
        try FileSystem.write(Array(owner.utf8), to: "\(folder)/lock")
        continue
      }
      try FileSystem.makeDirectory("\(folder)/\(name)")
      try FileSystem.write([1], to: "\(folder)/\(name)/config.json")
    }
    return folder
  }

  @Test(arguments: [[], ["lock"], ["lock", "new"], ["lock", "old"], ["lock", "new", "old"]])
  func leftoversOfTheDeadGo(names: [String]) throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      for owner in ["2147483647", "2147483647-2", "\(FileSystem.thisProcess)"] {
        _ = try leave(names, of: owner, beside: saved.place)
      }
      #expect(try saved.save(saved.smaller) == .written)
      let left = try FileSystem.names(in: "\(folder)/outputs")
      // Without a lock, the number alone says whether the process runs.
      let own = ".out.billhook-new-\(FileSystem.thisProcess)"
      #expect(left == (names.isEmpty ? [own, "out"] : ["out"]))
    }
  }

  @Test func whatIsNotSurelyOursStays() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let others = [
        try leave(["new"], beside: saved.place),
        try leave(["lock", "new"], of: "mine", beside: saved.place),
        try leave(["lock", "new"], of: "7-copy", beside: saved.place),
        try leave(["lock", "new"], beside: "\(folder)/outputs/out2"),
      ]
      let living = try leave(["lock", "new"], of: "2147483646", beside: saved.place)
      let lock = try #require(try FileLock("\(living)/lock"))
      let outcome = try withExtendedLifetime(lock) { try saved.save(saved.smaller) }
      #expect(outcome == .written)
      for other in others + [living] { #expect(FileSystem.exists("\(other)/new/config.json")) }
    }
  }

  @Test func whatAKilledProcessMovedAwayComesBack() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let left = try leave(["lock", "new"], beside: saved.place)
      // Killed between the two renames of a system that has no exchange.
      try FileSystem.rename(saved.place, to: "\(left)/old")
      #expect(try saved.save(saved.model) == .alreadyThere)
      #expect(try FileSystem.names(in: "\(folder)/outputs") == ["out"])
    }
  }

  @Test func longNamesAreSavedToo() throws {
    try Fixture.withFolder { folder in
      let saved = try Saved(in: folder)
      let path = "\(folder)/" + String(repeating: "ü", count: 127)
      #expect(try saved.save(saved.model, to: path) == .written)
      #expect(try saved.save(saved.smaller, to: path) == .written)
    }
  }
}
