import BillhookCore
import Foundation
import TestSupport

/// A copy of a model in which files can be replaced; the others are links, as in a cache.
struct ModelFolder {
  let path: String
  private let source: String

  init(_ model: String, in folder: String) throws {
    try self.init(model, of: Fixture.path("models/\(model)"), in: folder)
  }

  /// A copy of a model that lies elsewhere.
  init(_ model: String, of source: String, in folder: String) throws {
    self.source = source
    path = "\(folder)/\(model)"
    try FileSystem.makeDirectory(path)
    for name in try FileSystem.names(in: source) { try restore(name) }
  }

  /// The bytes of a file as it is in the fixture.
  func original(_ name: String) throws -> [UInt8] { try FileSystem.read("\(source)/\(name)") }

  /// Replaces a file; nothing is synced, since nobody needs it afterwards.
  func replace(_ name: String, by bytes: [UInt8]) throws {
    try FileSystem.remove("\(path)/\(name)")
    try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
  }

  /// Brings back the file of the fixture.
  func restore(_ name: String) throws {
    try FileSystem.remove("\(path)/\(name)")
    try FileManager.default.createSymbolicLink(
      atPath: "\(path)/\(name)",
      withDestinationPath: "\(source)/\(name)"
    )
  }

  /// Opens the model; nil where that is refused in the way that it should be.
  func opened() throws -> LanguageModel? {
    do {
      return try LanguageModel(opening: path)
    } catch let error as FileError {
      try Fault.unless(error.path.hasPrefix(path), "an error without its file: \(error)")
      return nil
    }
  }
}
