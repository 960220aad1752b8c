public import BillhookFiles

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The folder in which the tools of Hugging Face keep their downloads.
///
/// A model in it is called `hub:org/model`, for the snapshot that `refs/main` names, or
/// `hub:org/model@revision` for a branch, a tag or a commit. Nothing is downloaded.
///
/// Layout: `models--org--model/refs/main` holds the commit, and `snapshots/COMMIT` its files, as links
/// into `blobs`.
public struct HubCache: Sendable {
  /// The path of the folder.
  public let folder: String

  /// The prefix of the name of a model in the cache.
  public static let prefix = "hub:"

  /// The cache that environment variables name, with the precedence of `huggingface_hub`:
  /// `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, or else `~/.cache/huggingface/hub`.
  public init(environment variable: (String) -> String? = Self.variable) {
    func path(_ name: String) -> String? {
      guard let value = variable(name), !value.isEmpty else { return nil }
      guard value == "~" || value.hasPrefix("~/") else { return value }
      return (variable("HOME") ?? "") + value.dropFirst()
    }
    let home =
      path("HF_HOME")
      ?? (path("XDG_CACHE_HOME") ?? (variable("HOME") ?? "") + "/.cache") + "/huggingface"
    folder = path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? home + "/hub"
  }

  /// An environment variable of this process.
  public static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// The directory that a name stands for: a snapshot if the name begins with `hub:`, or the name
  /// itself if it is a path.
  ///
  /// - Throws: `FileError` when the cache holds no such model or revision.
  public func directory(of name: String) throws(FileError) -> String {
    guard name.hasPrefix(Self.prefix) else { return name }
    let parts = name.dropFirst(Self.prefix.count).split(
      separator: "@",
      maxSplits: 1,
      omittingEmptySubsequences: false
    )
    let (model, revision) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    guard Self.isModelName(model), revision.map(Self.isRevision) ?? true else {
      throw FileError(name, "expected hub:ORGANISATION/MODEL, or with @REVISION after it")
    }
    guard let repository = repository(of: model) else {
      throw FileError(
        name,
        "is not in the cache, \(folder); download it with `hf download \(model)"
          + (revision.map { " --revision \($0)" } ?? "") + "`"
      )
    }
    return try snapshot(revision, of: repository, name)
  }

  /// The directory of the newest snapshot of a model, `org/model`; nil where the cache has none.
  func newestSnapshot(of model: String) -> String? {
    guard Self.isModelName(model), let repository = repository(of: model) else { return nil }
    return try? snapshot(nil, of: repository, model)
  }

  /// Whether a text has the form of the name of a model on the hub: `model`, or `organisation/model`.
  public static func isModelName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts.allSatisfy(isFileName)
  }

  private func repository(of model: String) -> String? {
    let path = "\(folder)/models--" + model.split(separator: "/").joined(separator: "--")
    return FileSystem.isDirectory(path) ? path : nil
  }

  private func snapshot(
    _ revision: String?,
    of repository: String,
    _ name: String
  ) throws(FileError) -> String {
    let snapshots = "\(repository)/snapshots"
    let reference = "\(repository)/refs/\(revision ?? "main")"
    var commit = revision
    if FileSystem.exists(reference) {
      let text = String(decoding: try FileSystem.read(reference, atMost: 1000), as: UTF8.self)
      commit = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
      guard let commit, Self.isFileName(commit) else {
        throw FileError(reference, "expected the name of a commit")
      }
    }
    let known =
      FileSystem.isDirectory(snapshots) ? try FileSystem.names(in: snapshots) : []
    // A download of a single commit leaves no refs; then the only snapshot is meant.
    if commit == nil, known.count == 1 { commit = known[0] }
    let found = known.filter { known in commit.map { known.hasPrefix($0) } ?? false }
    guard found.count == 1 else {
      throw FileError(
        name,
        "\(repository) has no snapshot \(commit ?? "that `refs/main` names")"
          + (known.isEmpty ? "" : "; write one of @" + known.joined(separator: ", @"))
      )
    }
    return "\(snapshots)/\(found[0])"
  }

  private static func isRevision(_ text: String) -> Bool {
    !text.isEmpty
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isFileName)
  }

  private static func isFileName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text != "." && text != ".."
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
