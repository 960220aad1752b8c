import BillhookCore
import Foundation

/// Files that tests read, and places where they may write.
public enum Fixture {
  /// The root of the repository.
  public static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The path of a file or folder in Tests/Fixtures.
  public static func path(_ name: String) -> String { "\(repository)/Tests/Fixtures/\(name)" }

  /// The model that the repository carries.
  public static let tinyModel = "\(repository)/Examples/Models/tiny"

  /// Calls `body` with an empty folder, which is gone afterwards.
  public static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "billhook-tests-\(UUID().uuidString)"
    try FileSystem.makeDirectory(path)
    defer { try? FileSystem.remove(path) }
    return try body(path)
  }

  /// Calls `body` with a folder that has the models and the data of Examples, and nothing that examples
  /// wrote there.
  public static func withExamples<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withFolder { folder in
      for name in ["Models", "Data"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)",
          withDestinationPath: "\(repository)/Examples/\(name)"
        )
      }
      return try body(folder)
    }
  }

  /// The text of a file.
  public static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}
