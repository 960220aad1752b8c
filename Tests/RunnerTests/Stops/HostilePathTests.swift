import BillhookFiles
import BillhookRecipe
@testable import BillhookRunner
import Foundation
import TestSupport
import Testing

/// `billhook new plugin` in and for folders whose names are commands.
@Suite struct HostilePathTests {
  static let names = [
    "a$(touch pwned)", "a`touch pwned`", "it's \"quoted\"", "b\\c\\", "#hash # $HOME $$ ${x}",
    "; touch pwned;", "-rf", "a b  c", "$(shell touch pwned)", "\\(touch)", "日本 é", "%d%s*?[a]!",
    "'$(touch pwned)'", "\\'; touch pwned; '", "a=b:c", "~", "&& touch pwned", "endef", "\u{202E}x",
  ]

  /// The set-up of the package calls Billhook's script by its path, with a place in the package.
  @Test(arguments: names) func theMakefileCarriesNothingOut(name: String) throws {
    try Fixture.withFolder { folder in
      // Both the checkout and the place of the package have the name.
      let checkout = "\(folder)/\(name)"
      try FileSystem.makeDirectory("\(checkout)/Scripts")
      try FileSystem.write(
        Array("let package = Package(name: \"billhook\")".utf8),
        to: "\(checkout)/Package.swift"
      )
      let script = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$1\" > \(folder)/called\n"
      try FileSystem.write(Array(script.utf8), to: "\(checkout)/Scripts/setup_libtorch.sh")
      chmod("\(checkout)/Scripts/setup_libtorch.sh", 0o755)
      let outcome = try Billhook.call(
        ["new", "plugin", "own", "--billhook=\(checkout)", "--in=\(checkout)"]
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      let package = "\(checkout)/own"
      let status = try Self.make("setup", in: package)
      #expect(status == 0)
      let called = try Fixture.text("\(folder)/called")
      #expect(called == "\(checkout)/Scripts/setup_libtorch.sh\n\(package)/.libtorch\n")
      for place in [folder, checkout, package] {
        #expect(try !FileSystem.names(in: place).contains("pwned"))
      }
      // The manifest and the recipe hold the path as text.
      let manifest = try Fixture.text("\(package)/Package.swift")
      #expect(manifest.contains(".package(path: \(Quoted.swift(checkout)))"))
      let recipe = Recipe.parse(
        SourceText(name: "own.recipe", text: try Fixture.text("\(package)/own.recipe"))
      )
      #expect(recipe.diagnostics.filter { $0.code != "E0003" }.isEmpty || name.contains("\u{202E}"))
      // What is shown to be copied is a word of the shell.
      #expect(try Self.shell("printf %s " + Quoted.shellWord(package)) == package)
    }
  }

  @Test func aLineEndIsRefused() throws {
    try Fixture.withFolder { folder in
      let checkout = "\(folder)/a\nb: pwned"
      try FileSystem.makeDirectory(checkout)
      try FileSystem.write(Array("name: \"billhook\"".utf8), to: "\(checkout)/Package.swift")
      let outcome = try Billhook.call([
        "new", "plugin", "own", "--billhook", checkout, "--in", folder,
      ])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("without line ends"))
      #expect(try !FileSystem.names(in: folder).contains("own"))
    }
  }

  @Test(arguments: [
    ("a", #""a""#), (#"a"b"#, #""a\"b""#), (#"\(x)"#, #""\\(x)""#), ("a\nb", #""a\nb""#),
    ("\u{202E}", #""\u{202e}""#), ("\u{1B}", #""\u{1b}""#),
  ])
  func stringsOfSwift(text: String, written: String) { #expect(Quoted.swift(text) == written) }

  @Test(arguments: [
    ("own-idea", "own-idea"), ("/a/b.c", "/a/b.c"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#),
    ("$(x)", "'$(x)'"), ("-a", "'-a'"), ("", "''"), ("~", "'~'"),
  ])
  func wordsOfTheShell(text: String, written: String) { #expect(Quoted.shellWord(text) == written) }

  private static func make(_ target: String, in folder: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["make", "-s", target]
    process.currentDirectoryURL = URL(filePath: folder)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static func shell(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }
}
