@testable import BillhookFiles
import Testing
import TestSupport

/// What Billhook wrote for people is replaced as long as nobody changed it.
@Suite struct SealedPageTests {
  @Test func aPageIsKnownAgainUntilSomebodyChangesIt() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/README.md"
      let page = SealedPage("# A\n", by: .save)
      #expect(try page.mayReplace(path))
      try FileSystem.write(Array(page.text.utf8), to: path)
      #expect(try SealedPage("# B\n", by: .save).mayReplace(path))
      #expect(try SealedPage.isWhole(path, by: .save))
      #expect(try !SealedPage.isWhole(path, by: .explain))
      try FileSystem.write(Array(("x" + page.text).utf8), to: path)
      #expect(try !page.mayReplace(path))
      try FileSystem.write(Array((page.text + "x").utf8), to: path)
      #expect(try !SealedPage.isWhole(path, by: .save))
      try FileSystem.write([0xFF, 0xFE], to: path)
      #expect(try !page.mayReplace(path))
    }
  }

  @Test func onlyMarkedPagesAreReplaced() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/report.html"
      #expect(MarkedPage.mayReplace(path))
      let head = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      try FileSystem.write(Array("\(head)\(MarkedPage.marker) 0.1\"/>".utf8), to: path)
      #expect(MarkedPage.mayReplace(path))
      try FileSystem.write(Array("\(head)<title>mine</title>".utf8), to: path)
      #expect(!MarkedPage.mayReplace(path))
      // A page that quotes another one is not it.
      let quoting = "\(head)\(String(repeating: " ", count: 600))\(MarkedPage.marker)"
      try FileSystem.write(Array(quoting.utf8), to: path)
      #expect(!MarkedPage.mayReplace(path))
      #expect(!MarkedPage.mayReplace(folder))
    }
  }
}
