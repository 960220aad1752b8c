import Foundation
import TestSupport
import Testing

@testable import BillhookFiles

@Suite struct GzipFileTests {
  private static let text = Array("One hedge.\nÉin Zaun.\n".utf8)

  private func unpacked(
    _ bytes: [UInt8],
    between: BetweenPieces = { _ in }
  ) throws -> [UInt8] {
    try Fixture.withFolder { folder in
      try FileSystem.write(bytes, to: "\(folder)/packed.gz")
      let file = try #require(GzipFile("\(folder)/packed.gz"))
      defer { #expect((try? FileSystem.names(in: "\(folder)/scratch")) ?? [] == []) }
      let contents = try file.unpacked(in: "\(folder)/scratch", between: between)
      #expect(contents.path == "\(folder)/packed.gz")
      return contents.withBytes { Array($0) }
    }
  }

  private func problem(_ bytes: [UInt8]) -> String {
    let error = #expect(throws: FileError.self) { try unpacked(bytes) }
    return error?.message ?? ""
  }

  /// What Python's `gzip.compress` makes of a line that stands forty times.
  @Test func compressedBytesAreRead() throws {
    let packed = """
      H4sIAAAAAAACA+3LsQ2AMAwEwJ4pfgIWYI0sYBQrtrAcRIJYH2ag/vp0xRSmtSkeGQjxCk+M8/JsG+anu0dY7wfszoae8DmQ
      4rEuhZmZmZmZmZmZ+W9+ATAoReuICQAA
      """
    let bytes = try #require(
      Data(base64Encoded: packed, options: .ignoreUnknownCharacters).map(Array.init)
    )
    let line = "The hedge was laid in spring; the billhook hung on its nail.\n"
    #expect(try unpacked(bytes) == Array(String(repeating: line, count: 40).utf8))
  }

  @Test func allMembersAreRead() throws {
    let (one, none) = (GzipBytes.member(Self.text), GzipBytes.member([]))
    #expect(try unpacked(one) == Self.text)
    #expect(try unpacked(none) == [])
    #expect(try unpacked(none + one + none + none + one) == Self.text + Self.text)
    // What is no member any more is left out, as gunzip does.
    #expect(try unpacked(one + [0, 0, 0]) == Self.text)
  }

  @Test func whatIsCutShortIsAnError() throws {
    let whole = GzipBytes.member(Self.text) + GzipBytes.member(Self.text)
    let end = whole.count / 2
    for length in Array(3..<end) + Array((end + 2)..<whole.count) {
      #expect(
        problem(Array(whole.prefix(length))).hasPrefix("is gzip that ends too early, so a part")
      )
    }
  }

  /// Of the header only the time and the system may be anything.
  @Test func whatIsDamagedIsAnError() {
    let whole = GzipBytes.member(Self.text)
    for place in whole.indices where !(4..<10).contains(place) && place > 1 {
      var damaged = whole
      damaged[place] ^= 0xE6
      let problem = problem(damaged)
      #expect(problem.hasPrefix("is gzip that "), "\(place): \(problem)")
    }
    var damaged = whole
    damaged[20] ^= 1
    #expect(
      problem(damaged)
        == "is gzip that is damaged (incorrect data check); get it again (`gzip -t` tests it)"
    )
  }

  /// Between pieces it is told how far it is, and can be ended.
  @Test func theWorkCanBeEnded() throws {
    let part = [UInt8](repeating: 7, count: 300_000)
    let packed = Array((0..<12).map { _ in GzipBytes.member(part) }.joined())
    var shares: [Double] = []
    #expect(try unpacked(packed) { shares.append($0) }.count == 3_600_000)
    #expect(shares.count >= 4)
    #expect(shares == shares.sorted())
    #expect(shares.allSatisfy { (0...1).contains($0) })

    struct Enough: Error {}
    var pieces = 0
    #expect(throws: Enough.self) {
      try unpacked(packed) { _ in
        pieces += 1
        if pieces == 3 { throw Enough() }
      }
    }
    #expect(pieces == 3)
  }

  @Test func aFullDiskIsAnError() throws {
    let packed = GzipBytes.member(Self.text)
    try Fixture.withFolder { folder in
      try FileSystem.write(packed, to: "\(folder)/packed.gz")
      let file = try #require(GzipFile("\(folder)/packed.gz"))
      try FileSystem.makeDirectory("\(folder)/scratch")
      for room in 0..<2 {
        let error = #expect(throws: FileError.self) {
          try FullDisk.$simulated.withValue(FullDisk(room: room)) {
            _ = try file.unpacked(in: "\(folder)/scratch")
          }
        }
        #expect(error?.message.contains("No space left on device") == true)
        #expect(try FileSystem.names(in: "\(folder)/scratch") == [])
      }
    }
  }

  @Test func withoutZlibNothingIsUnpacked() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(GzipBytes.member(Self.text), to: "\(folder)/packed.gz")
      Zlib.$isThere.withValue(false) { #expect(GzipFile("\(folder)/packed.gz") == nil) }
      #expect(GzipFile("\(folder)/packed.gz") != nil)
      #expect(GzipFile("\(folder)/nothing.gz") == nil)
    }
  }
}
