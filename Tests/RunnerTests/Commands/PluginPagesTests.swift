import BillhookCore
import TestSupport
import Testing

/// The pages in Docs/Plugins are what the plugins declare; `make docs` writes them anew.
@Suite struct PluginPagesTests {
  static let folder = "\(Fixture.repository)/Docs/Plugins"
  static let names = ((try? FileSystem.names(in: folder)) ?? []).sorted()

  @Test func pagesAreCurrent() throws {
    try Fixture.withFolder { folder in
      let outcome = try Billhook.call(["explain", "--pages", folder])
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
      #expect(try FileSystem.names(in: folder).sorted() == Self.names)
      for name in Self.names {
        let isCurrent =
          try Fixture.text("\(folder)/\(name)") == Fixture.text("\(Self.folder)/\(name)")
        #expect(isCurrent, "\(name) is not what its plugin declares; run `make docs`")
      }
    }
  }

  @Test(arguments: names)
  func linksLeadToPagesAndTablesAreWhole(name: String) throws {
    let text = try Fixture.text("\(Self.folder)/\(name)")
    for link in text.matches(of: /\]\((.+?)\)/).map({ String($0.1) }) {
      #expect(Self.names.contains(link) || link.hasPrefix("https://arxiv.org/abs/"))
    }
    var columns: Int?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        columns = nil
        continue
      }
      let count = line.replacing("\\|", with: "").count { $0 == "|" }
      #expect(count == columns ?? count, "\(name): \(line)")
      columns = count
    }
  }

  @Test func pagesAreAboutAllPlugins() throws {
    let outcome = try Billhook.call(["explain", "taylor", "--pages", "nowhere"])
    #expect(outcome.status == 2 && outcome.errors.contains("--pages is about all plugins"))
  }
}
