import BillhookModels

/// The place of a directory that is written beside it, and then given its name.
public struct OutputDirectory {
  /// The path of the directory.
  public let path: String

  /// The place of a directory.
  public init(_ path: String) { self.path = path }

  /// Writes a directory that nobody else may have written before.
  ///
  /// - Parameters:
  ///   - what: What it holds, for messages.
  ///   - write: Writes its files into an empty directory.
  /// - Throws: `ModelError` when there is something else in its place, which stays.
  public func write(_ what: String, _ write: (String) throws -> Void) throws {
    let staging = try stage()
    do {
      try write(staging)
      if FileSystem.exists(path) {
        guard try holds(staging) else {
          throw ModelError(path, "exists and holds something else; choose another path for \(what)")
        }
        try FileSystem.remove(staging)
      } else {
        try FileSystem.rename(staging, to: path)
      }
    } catch {
      try? FileSystem.remove(staging)
      throw error
    }
  }

  /// An empty directory beside the place, for this process alone.
  func stage() throws(ModelError) -> String { try FileSystem.makeOwnDirectory(hidden("new")) }

  /// Puts a directory in the place of another, which comes back if that fails.
  func replace(by new: String) throws(ModelError) {
    let old = hidden("old")
    try FileSystem.remove(old)
    try FileSystem.rename(path, to: old)
    do throws(ModelError) {
      try FileSystem.rename(new, to: path)
    } catch {
      try putBack()
      throw error
    }
    try FileSystem.remove(old)
  }

  /// Brings back what an earlier run was about to replace when it was killed.
  func putBack() throws(ModelError) {
    let old = hidden("old")
    guard FileSystem.exists(old), !FileSystem.exists(path) else { return }
    try FileSystem.rename(old, to: path)
  }

  /// Whether the directory holds the same files as another.
  ///
  /// - Parameters:
  ///   - other: The other directory.
  ///   - records: For files by their names, whether other bytes mean the same.
  ///   - context: Who hears how far it is; nil for nobody.
  /// - Returns: Whether it does.
  /// - Throws: `ModelError` when a file cannot be read.
  func holds(
    _ other: String,
    comparing records: [String: ([UInt8], [UInt8]) -> Bool] = [:],
    _ context: RunContext? = nil
  ) throws -> Bool {
    guard FileSystem.isDirectory(path),
      try FileSystem.names(in: path) == FileSystem.names(in: other)
    else { return false }
    let names = try FileSystem.names(in: path)
    for (number, name) in names.enumerated() {
      let files = try [path, other].map { try MappedFile("\($0)/\(name)") }
      let isEqual = try files[0].hasSameBytes(as: files[1]) { share in
        try context?.advance(to: (Double(number) + share) / Double(names.count))
      }
      if isEqual { continue }
      guard let agree = records[name] else { return false }
      let bytes = try [path, other].map { try FileSystem.read("\($0)/\(name)") }
      guard agree(bytes[0], bytes[1]) else { return false }
    }
    return true
  }

  /// A name beside the place, for what is not yet or no longer there.
  private func hidden(_ state: String) -> String {
    let name = path.split(separator: "/").last ?? "model"
    return "\(FileSystem.parent(of: path))/.\(name).billhook-\(state)"
  }
}
