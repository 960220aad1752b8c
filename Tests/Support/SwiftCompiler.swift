import BillhookCore
import Foundation

/// The compiler, asked about sources that are no part of this package.
public enum SwiftCompiler {
  /// What it says of the types in some sources, with the modules of this build; nothing when all is
  /// right.
  public static func complaints(about sources: [String]) throws -> String {
    let (modules, map) = try products()
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments =
      [
        "swiftc", "-typecheck", "-swift-version", "6", "-enable-upcoming-feature",
        "MemberImportVisibility", "-I", modules, "-Xcc", "-fmodule-map-file=\(map)",
      ] + sources
    let errors = Pipe()
    compiler.standardError = errors
    try compiler.run()
    let said = errors.fileHandleForReading.readDataToEndOfFile()
    compiler.waitUntilExit()
    let text = String(decoding: said, as: UTF8.self)
    return compiler.terminationStatus == 0 ? text : "status \(compiler.terminationStatus): \(text)"
  }

  /// The folder of the modules, and the module map of CTorch.
  ///
  /// Where they lie depends on the build system: the native one of SwiftPM, or Swift Build.
  private static func products() throws -> (modules: String, map: String) {
    guard let build = Billhook.folder else { throw CocoaError(.fileNoSuchFile) }
    let native = "\(build)/Modules"
    guard !FileSystem.isDirectory(native) else {
      return (native, "\(build)/CTorch.build/module.modulemap")
    }
    let intermediates = "\(build)/../../Intermediates.noindex"
    let maps = try FileSystem.names(in: intermediates).first { $0.hasPrefix("GeneratedModuleMaps") }
    guard let maps else { throw CocoaError(.fileNoSuchFile) }
    return (build, "\(intermediates)/\(maps)/CTorch.modulemap")
  }
}
