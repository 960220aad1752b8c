@testable import BillhookFiles
import Testing
import TestSupport

/// What Billhook wrote for people is replaced as long as nobody changed it.
@Suite struct SealedPageTests {
  @Test func aPageIsKnownAgainUntilSomebodyChangesIt() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/README.md"
      let page = SealedPage("# A\n", by: .save)
      #expect(try SealedPage.mayReplace(path, by: .save))
      try FileSystem.write(Array(page.text.utf8), to: path)
      #expect(try SealedPage.mayReplace(path, by: .save))
      #expect(try SealedPage.isWhole(path, by: .save))
      #expect(try !SealedPage.isWhole(path, by: .explain))
      // A page that quotes another one whole is not it.
      #expect(SealedPage(page.text, by: .save).text != page.text)
      try FileSystem.write(Array((page.text + "quoted\n").utf8), to: path)
      #expect(try !SealedPage.mayReplace(path, by: .save))
      try FileSystem.write(Array(("x" + page.text).utf8), to: path)
      #expect(try !SealedPage.mayReplace(path, by: .save))
      try FileSystem.write(Array((page.text + "x").utf8), to: path)
      #expect(try !SealedPage.isWhole(path, by: .save))
      #expect(try !SealedPage.mayReplace(folder, by: .save))
      try FileSystem.write([0xFF, 0xFE], to: path)
      #expect(try !SealedPage.mayReplace(path, by: .save))
    }
  }
}
