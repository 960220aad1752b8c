import BillhookCore
import BillhookEngine
import BillhookFiles
@testable import BillhookPlugins
import Testing
import TestSupport

@Suite struct DataSourceTests {
  private func withFile<Result>(_ bytes: [UInt8], _ body: (InputFile) throws -> Result) throws
    -> Result
  {
    try Fixture.withFolder { folder in
      try FileSystem.write(bytes, to: "\(folder)/data")
      return try body(InputFile("\(folder)/data"))
    }
  }

  @Test func aTextIsOneDocument() throws {
    let documents = try withFile(Array("one\n\ntwo é\n".utf8)) { file in
      var source = TextFile()
      source.file = file
      return try source.documents()
    }
    #expect(documents == [.text("one\n\ntwo é\n")])
  }

  /// As Python reads text, whoever wrote it.
  @Test func linesEndInOneWay() throws {
    let documents = try withFile(Array("one\r\n\r\ntwo\rthree\n\r\n".utf8)) { file in
      var source = TextFile()
      source.file = file
      source.separator = "\n\n"
      return try source.documents()
    }
    #expect(documents == [.text("one"), .text("two\nthree")])
  }

  @Test func aSeparatorMakesSeveral() throws {
    let documents = try withFile(Array("<e>one<e><e>two<e".utf8)) { file in
      var source = TextFile()
      source.file = file
      source.separator = "<e>"
      return try source.documents()
    }
    #expect(documents == [.text("one"), .text("two<e")])
    var empty = TextFile()
    empty.separator = ""
    #expect(throws: ParameterProblem.self) { try empty.validate() }
  }

  @Test func bytesThatAreNoTextAreExplained() throws {
    try withFile([0x61, 0x62, 0xFF, 0x63]) { file in
      var source = TextFile()
      source.file = file
      let error = #expect(throws: DataError.self) { try source.documents() }
      #expect(error?.description.contains("line 1, column 3") == true)
    }
    var missing = TextFile()
    missing.file = InputFile("/does/not/exist")
    #expect(throws: DataError.self) { try missing.documents() }
  }

  @Test func tokenIDsAreTakenAsTheyAre() throws {
    let documents = try withFile(Array("1 2 3\n\n4 5 | 6\n".utf8)) { file in
      var source = TokenIDs()
      source.file = file
      return try source.documents()
    }
    #expect(
      documents == [.tokens([1, 2, 3], firstTarget: 1), .tokens([4, 5, 6], firstTarget: 2)]
    )
  }

  @Test func linesOfTokenIDsMayEndInAnyWay() throws {
    let documents = try withFile(Array("1 2\r\n3 | 4\r\n\r\n5 6\r7 8".utf8)) { file in
      var source = TokenIDs()
      source.file = file
      return try source.documents()
    }
    #expect(
      documents == [
        .tokens([1, 2], firstTarget: 1), .tokens([3, 4], firstTarget: 1),
        .tokens([5, 6], firstTarget: 1), .tokens([7, 8], firstTarget: 1),
      ]
    )
  }

  @Test(arguments: ["two", "-1", "1.5", "9223372036854775808", "1 / / 2", "1 | 2 /", "0x1", "1,2"])
  func whatIsNoTokenIDIsPlaced(line: String) throws {
    try withFile(Array("1 2\n\n\(line)\n".utf8)) { file in
      var source = TokenIDs()
      source.file = file
      let error = #expect(throws: DataError.self) { try source.documents() }
      #expect(error?.description.hasPrefix("\(file.path): line 3 is not a list") == true)
    }
  }
}
