import BillhookCore
import Foundation
import TestSupport
import Testing

/// Models in the cache of Hugging Face are found by their names.
@Suite struct HubCacheTests {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"

  /// A cache that holds `org/model` as downloads leave it: links into blobs.
  private func withCache(_ body: (_ folder: String, _ cache: HubCache) throws -> Void) throws {
    try Fixture.withFolder { folder in
      let repository = "\(folder)/models--org--model"
      for place in ["refs/refs/pr", "blobs", "snapshots/\(Self.commit)", "snapshots/fedc"] {
        try FileSystem.makeDirectory("\(repository)/\(place)")
      }
      for (name, commit) in [("main", "\(Self.commit)\n"), ("v1", "fedc"), ("refs/pr/1", "fedc")] {
        try FileSystem.write(Array(commit.utf8), to: "\(repository)/refs/\(name)")
      }
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(repository)/blobs/\(name)-blob")
        try FileManager.default.createSymbolicLink(
          atPath: "\(repository)/snapshots/\(Self.commit)/\(name)",
          withDestinationPath: "../../blobs/\(name)-blob"
        )
      }
      try body(repository, HubCache(environment: ["HF_HUB_CACHE": folder].variable))
    }
  }

  @Test func theNewestSnapshotIsOpened() throws {
    try withCache { repository, cache in
      let directory = try cache.directory(of: "hub:org/model")
      #expect(directory == "\(repository)/snapshots/\(Self.commit)")
      #expect(try LanguageModel(opening: directory).blocks.count == 4)
    }
  }

  @Test(arguments: [
    ("main", commit), ("v1", "fedc"), ("refs/pr/1", "fedc"), (commit, commit), ("0123", commit),
    ("fe", "fedc"),
  ])
  func revisionsAreFound(revision: String, found: String) throws {
    try withCache { repository, cache in
      let directory = try cache.directory(of: "hub:org/model@\(revision)")
      #expect(directory == "\(repository)/snapshots/\(found)")
    }
  }

  static let wrong: [(name: String, says: String)] = [
    ("hub:org/other", "download it with `hf download org/other`"),
    ("hub:org/other@v2", "download it with `hf download org/other --revision v2`"),
    ("hub:org/model@v2", "has no snapshot v2; write one of @0123"),
    ("hub:", "expected hub:ORGANISATION/MODEL"),
    ("hub:org/model@", "expected hub:ORGANISATION/MODEL"),
    ("hub:../model", "expected hub:ORGANISATION/MODEL"),
    ("hub:org/model/extra", "expected hub:ORGANISATION/MODEL"),
    ("hub:org/model@../../etc", "expected hub:ORGANISATION/MODEL"),
    ("hub:org/mo del", "expected hub:ORGANISATION/MODEL"),
    ("hub:/org/model", "expected hub:ORGANISATION/MODEL"),
  ]

  @Test(arguments: wrong.indices)
  func whatIsNotThereIsSaid(index: Int) throws {
    let (name, says) = Self.wrong[index]
    try withCache { _, cache in
      let error = #expect(throws: FileError.self) { try cache.directory(of: name) }
      #expect(error?.path == name)
      #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }
  }

  @Test func referencesDoNotLeaveTheCache() throws {
    try withCache { repository, cache in
      for text in ["../../../etc", "", "a/b", "\u{0}"] {
        try FileSystem.write(Array(text.utf8), to: "\(repository)/refs/main")
        let error = #expect(throws: FileError.self) { try cache.directory(of: "hub:org/model") }
        #expect(error?.path == "\(repository)/refs/main")
      }
    }
  }

  /// A download of one commit leaves no refs.
  @Test func theOnlySnapshotIsTheNewest() throws {
    try withCache { repository, cache in
      try FileSystem.remove("\(repository)/refs")
      let several = #expect(throws: FileError.self) { try cache.directory(of: "hub:org/model") }
      #expect(several?.message.contains("write one of @0123") == true)
      try FileSystem.remove("\(repository)/snapshots/fedc")
      #expect(try cache.directory(of: "hub:org/model").hasSuffix("/\(Self.commit)"))
    }
  }

  static let places: [(variables: [String: String], folder: String)] = [
    (["HOME": "/home/me"], "/home/me/.cache/huggingface/hub"),
    (["HOME": "/home/me", "XDG_CACHE_HOME": "/c"], "/c/huggingface/hub"),
    (["HOME": "/home/me", "HF_HOME": "/hf"], "/hf/hub"),
    (["HOME": "/home/me", "HF_HOME": "~/hf"], "/home/me/hf/hub"),
    (["HOME": "/home/me", "HF_HOME": "/hf", "HF_HUB_CACHE": "/cache"], "/cache"),
    (["HOME": "/home/me", "HF_HOME": "", "HF_HUB_CACHE": ""], "/home/me/.cache/huggingface/hub"),
  ]

  @Test(arguments: places.indices)
  func theFolderIsThatOfTheTools(index: Int) {
    let (variables, folder) = Self.places[index]
    #expect(HubCache(environment: variables.variable).folder == folder)
  }

  @Test func namesOfModelsThatAreNoFolders() throws {
    let error = #expect(throws: FileError.self) {
      _ = try LanguageModel(opening: "billhook-tests/no-such-model")
    }
    #expect(
      error?.message.hasPrefix(
        "does not exist; if it is the name of a model on the Hugging Face Hub, download the "
          + "model: `hf download billhook-tests/no-such-model` puts it into "
      ) == true
    )
    #expect(error?.message.hasSuffix("\"hub:billhook-tests/no-such-model\" opens it") == true)
    for path in ["/does/not/exist", "./no/model", "a/b/c", "nothing"] {
      let plain = #expect(throws: FileError.self) { _ = try LanguageModel(opening: path) }
      #expect(plain?.message == "does not exist")
    }
    let home = #expect(throws: FileError.self) { _ = try LanguageModel(opening: "~/no-model") }
    #expect(home?.message.contains("`~` has no meaning here: write /") == true)
  }

  @Test func danglingDirectoriesSaySo() throws {
    try Fixture.withFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/model",
        withDestinationPath: "/gone/away"
      )
      let error = #expect(throws: FileError.self) {
        _ = try LanguageModel(opening: "\(folder)/model")
      }
      #expect(error?.message == "is a link to /gone/away, which does not exist")
    }
  }
}

extension [String: String] {
  /// The variables of an environment.
  fileprivate var variable: (String) -> String? { { self[$0] } }
}
