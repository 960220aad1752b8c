import TestSupport
import Testing

@testable import BillhookTokenizer

@Suite struct CanonicalCompositionTests {
  private func composed(_ text: String) -> String.UnicodeScalarView {
    String(decoding: CanonicalComposition().apply(Array(text.utf8)), as: UTF8.self).unicodeScalars
  }

  /// Cases of the standard, each worked out by hand.
  @Test(arguments: [
    ("", ""), ("abc é", "abc é"),
    // A mark composes, over marks of other classes too.
    ("e\u{301}", "\u{E9}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("a\u{323}\u{302}", "\u{1EAD}"), ("a\u{302}\u{323}", "\u{1EAD}"),
    // One of the same class stands between.
    ("a\u{300}\u{301}", "\u{E0}\u{301}"), ("x\u{301}\u{300}", "x\u{301}\u{300}"),
    // Nothing composes with a mark that has nothing before it, or a starter between.
    ("\u{301}e", "\u{301}e"), ("e\u{34F}\u{301}", "e\u{34F}\u{301}"),
    // These decompose and stay so.
    ("\u{212B}", "\u{C5}"), ("\u{958}", "\u{915}\u{93C}"), ("\u{915}\u{93C}", "\u{915}\u{93C}"),
    ("\u{F900}", "\u{8C48}"), ("\u{2F800}", "\u{4E3D}"),
    // A mark whose parts are reordered although it is no mark by itself.
    ("\u{32C}\u{F81}", "\u{F71}\u{F80}\u{32C}"),
    // Starters that compose with the one before.
    ("\u{9C7}\u{9BE}", "\u{9CB}"), ("\u{11131}\u{11127}", "\u{1112E}"),
    // Korean: with and without a final, and finals that are none.
    ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{AC00}\u{11A8}", "\u{AC01}"),
    ("\u{AC01}\u{11A8}", "\u{AC01}\u{11A8}"), ("\u{AC00}\u{11A7}", "\u{AC00}\u{11A7}"),
    ("\u{1112}\u{1176}", "\u{1112}\u{1176}"),
    // Younger than the tables: neither composed nor reordered.
    ("\u{11935}\u{11930}", "\u{11935}\u{11930}"), ("a\u{1DF9}\u{323}", "a\u{1DF9}\u{323}"),
  ])
  func composes(text: String, expected: String) {
    #expect(composed(text).elementsEqual(expected.unicodeScalars))
  }

  @Test func aThingComposedStaysAsItIs() {
    var numbers = SplitMix64(seed: 3)
    let pools: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0xC0...0x24F, 0x300...0x36F, 0x900...0xDFF, 0xF40...0xFBC, 0x1100...0x11FF,
      0x1E00...0x1FFF, 0xAC00...0xAC80, 0xF900...0xFAFF, 0x11100...0x11940, 0x1D150...0x1D1C0,
    ]
    for _ in 0..<1000 {
      let text = RandomText(pools).make(length: 1...12, &numbers)
      let once = String(composed(text))
      #expect(composed(once).elementsEqual(once.unicodeScalars))
      // Swift's strings are equal when they are canonically equivalent, unless they hold marks that
      // only a younger Unicode knows.
      let isOld = text.unicodeScalars.allSatisfy { ($0.properties.age?.major ?? 99) <= 9 }
      if isOld { #expect(once == text, "\(text.unicodeScalars.map(\.value))") }
    }
  }

  @Test func manyMarksTakeNoSquareOfTheirNumber() {
    let marks = String(repeating: "\u{301}\u{316}", count: 50_000)
    #expect(composed("a" + marks).count == 100_000)
  }
}
