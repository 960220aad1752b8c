import BillhookCore
import BillhookPipeline
import Foundation
import TestSupport
import Testing

/// What the documents say about the repository is so.
@Suite struct ContributingTests {
  static let repository = Fixture.repository

  /// Every page, by its path in the repository.
  static let pages: [String] = {
    let all = FileManager.default.enumerator(atPath: repository)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") && !$0.hasPrefix("Tests/") }
      .sorted()
  }()

  @Test func thereAreSome() {
    #expect(Set(Self.pages).isSuperset(of: ["README.md", "CONTRIBUTING.md", "Docs/Design.md"]))
  }

  @Test(arguments: pages)
  func filesAndLinksLeadSomewhere(page: String) throws {
    let text = try Fixture.text("\(Self.repository)/\(page)")
    let rooms = /`((?:Sources|Tests|Scripts|Docs|Examples|Benchmarks|Editors)\/[^`\s]*)`/
    for match in text.matches(of: rooms) {
      let path = String(match.1)
      // What runs leave behind is not there before.
      guard !path.contains("/out/"), !path.contains("/.billhook/") else { continue }
      #expect(FileSystem.exists("\(Self.repository)/\(path)"), "\(page) names \(path)")
    }
    let folder = FileSystem.parent(of: "\(Self.repository)/\(page)")
    for match in text.matches(of: /\]\(([^)\s]+)\)/) {
      let (path, anchor) = Self.parts(of: String(match.1))
      guard !path.contains("://") else { continue }
      let target = path.isEmpty ? "\(Self.repository)/\(page)" : "\(folder)/\(path)"
      #expect(FileSystem.exists(target), "\(page) links to \(path)")
      guard let anchor else { continue }
      #expect(try Self.headings(of: target).contains(anchor), "\(page) links to #\(anchor)")
    }
  }

  private static func parts(of link: String) -> (path: String, anchor: String?) {
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.dropFirst().first.map(String.init))
  }

  /// The headings of a page, as links name them.
  private static func headings(of path: String) throws -> [String] {
    try Fixture.text(path).split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
      let words = line.drop { $0 == "#" || $0 == " " }.lowercased()
      return words.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
        .replacing(" ", with: "-")
    }
  }

  /// The Swift in CONTRIBUTING.md, by the last file that is named before it.
  private static func excerpts() throws -> [(file: String, code: String)] {
    let parts = try Fixture.text("\(repository)/CONTRIBUTING.md").split(
      separator: "```",
      omittingEmptySubsequences: false
    )
    return zip(parts, parts.dropFirst()).compactMap { text, code in
      guard code.hasPrefix("swift\n") else { return nil }
      let named = text.matches(of: /`((?:own|Sources|Tests|Examples)\/[\w\/]+\.swift)`/).last
      return (named.map { String($0.1) } ?? "", String(code.dropFirst("swift\n".count)))
    }
  }

  @Test func excerptsStandInTheFilesThatAreNamed() throws {
    let excerpts = try Self.excerpts().filter { !$0.file.hasPrefix("own/") }
    #expect(excerpts.count >= 3)
    for (file, code) in excerpts {
      #expect(try Fixture.text("\(Self.repository)/\(file)").contains(code), "\(file)")
    }
  }

  /// The package by hand: its manifest is the one that `billhook new plugin` writes, and its sources
  /// are right.
  @Test func thePackageByHandIsWhole() throws {
    let files = Dictionary(
      uniqueKeysWithValues: try Self.excerpts().filter { $0.file.hasPrefix("own/") }
        .map { ($0.file, $0.code) }
    )
    #expect(
      files.keys.sorted() == [
        "own/Package.swift", "own/Sources/Own.swift", "own/Sources/main.swift",
        "own/Tests/OwnTests.swift",
      ]
    )
    try Fixture.withFolder { folder in
      let new = try Billhook.run(
        ["new", "plugin", "own", "--in", folder, "--billhook", Self.repository]
      )
      #expect(new.status == 0)
      let name = Self.repository.split(separator: "/").last ?? ""
      let written = try Fixture.text("\(folder)/own/Package.swift")
        .replacing("path: \"\(Self.repository)\"", with: "path: \"../billhook\"")
        .replacing("package: \"\(name)\"", with: "package: \"billhook\"")
      #expect(files["own/Package.swift"] == written)
      #expect(
        try files["own/Sources/main.swift"] == Fixture.text("\(folder)/own/Sources/main.swift")
      )
      try FileSystem.remove("\(folder)/own")
      let sources = ["own/Sources/Own.swift", "own/Sources/main.swift"]
      try FileSystem.makeDirectory("\(folder)/own/Sources")
      for source in sources {
        try FileSystem.write(Array((files[source] ?? "").utf8), to: "\(folder)/\(source)")
      }
      #expect(try SwiftCompiler.complaints(about: sources.map { "\(folder)/\($0)" }) == "")
    }
  }

  @Test func theRecipeByHandIsOne() throws {
    let text = try Fixture.text("\(Self.repository)/CONTRIBUTING.md")
    let recipes = text.split(separator: "```recipe\n").dropFirst().compactMap {
      $0.split(separator: "```").first
    }
    #expect(recipes.count == 1)
    try Fixture.withFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/billhook",
        withDestinationPath: Self.repository
      )
      try FileSystem.makeDirectory("\(folder)/own")
      let path = "\(folder)/own/own.recipe"
      try FileSystem.write(Array((recipes.first ?? "").utf8), to: path)
      #expect(try Billhook.call(["fmt", "--check", path]).status == 0)
      let checked = try Billhook.call(["check", path, "--format", "short"])
      // This program has no such criterion, and that is all.
      let errors = checked.errors.split(separator: "\n")
      #expect(errors.count == 1 && errors.first?.contains("no criterion is named `own`") == true)
    }
  }

  @Test func theChangelogKnowsTheVersion() throws {
    let changes = try Fixture.text("\(Self.repository)/CHANGELOG.md")
    let first = changes.split(separator: "\n").first { $0.hasPrefix("## ") }
    #expect(first?.hasPrefix("## \(BillhookVersion.current)") == true)
    let editor = try Fixture.text("\(Self.repository)/Editors/VSCode/package.json")
    #expect(editor.contains("\"version\": \"\(BillhookVersion.current)\""))
    let license = try Fixture.text("\(Self.repository)/LICENSE")
    #expect(license.contains("Apache License") && license.contains("Version 2.0, January 2004"))
  }
}
