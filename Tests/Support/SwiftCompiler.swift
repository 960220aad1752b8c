import Foundation

/// The compiler, asked about sources that are no part of this package.
public enum SwiftCompiler {
  /// What it says of the types in some sources, with the modules of this build; nothing when all is
  /// right.
  public static func complaints(about sources: [String]) throws -> String {
    guard let build = Billhook.folder else { throw CocoaError(.fileNoSuchFile) }
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments =
      [
        "swiftc", "-typecheck", "-swift-version", "6", "-enable-upcoming-feature",
        "MemberImportVisibility", "-I", "\(build)/Modules", "-Xcc",
        "-fmodule-map-file=\(build)/CTorch.build/module.modulemap",
      ] + sources
    let errors = Pipe()
    compiler.standardError = errors
    try compiler.run()
    let said = errors.fileHandleForReading.readDataToEndOfFile()
    compiler.waitUntilExit()
    let text = String(decoding: said, as: UTF8.self)
    return compiler.terminationStatus == 0 ? text : "status \(compiler.terminationStatus): \(text)"
  }
}
