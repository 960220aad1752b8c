import TestSupport

/// Recognises the little stories that the tiny model learnt, by Examples/Data/stories.grammar.
struct StoryGrammar {
  private let rules: [String: [[String]]]

  /// Reads the grammar; its head describes the format.
  init() throws {
    let text = try Fixture.text("\(Fixture.repository)/Examples/Data/stories.grammar")
    var rules: [String: [[String]]] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let colon = line.firstRange(of: ": ") else { continue }
      rules["<\(line[..<colon.lowerBound])>", default: []] += line[colon.upperBound...]
        .split(separator: " | ").map { $0.split(separator: " ").map(String.init) }
    }
    self.rules = rules
  }

  /// Whether the text is that of some derivation of `story`, to the letter.
  func parses(_ text: String) -> Bool {
    let words = text.matches(of: /[A-Za-z]+|[.,]/).map { String($0.output) }
    var text = text[...]
    for (index, word) in words.enumerated() {
      let isMark = word == "." || word == ","
      let spelling = index == 0 || isMark ? word : " " + word
      guard text.hasPrefix(spelling) else { return false }
      text = text.dropFirst(spelling.count)
    }
    var known: [Place: Set<Int>] = [:]
    return text.isEmpty && ends("<story>", 0, words, &known).contains(words.count)
  }

  private struct Place: Hashable {
    let symbol: String
    let start: Int
  }

  /// Where a derivation of the symbol that begins at a word can end.
  private func ends(
    _ symbol: String,
    _ start: Int,
    _ words: [String],
    _ known: inout [Place: Set<Int>]
  ) -> Set<Int> {
    guard let alternatives = rules[symbol] else {
      return start < words.count && words[start] == symbol ? [start + 1] : []
    }
    let place = Place(symbol: symbol, start: start)
    if let ends = known[place] { return ends }
    var found: Set<Int> = []
    for alternative in alternatives {
      var places: Set<Int> = [start]
      for part in alternative {
        places = places.reduce(into: []) { $0.formUnion(ends(part, $1, words, &known)) }
      }
      found.formUnion(places)
    }
    known[place] = found
    return found
  }
}
