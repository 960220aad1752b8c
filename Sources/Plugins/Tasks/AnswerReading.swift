import BillhookCore

/// Finds the answer in what a model wrote, and compares it with the right one.
struct AnswerReading {
  private let rule: AnswerRule
  private let pattern: Regex<AnyRegexOutput>?
  private let ignored: [Regex<AnyRegexOutput>]

  /// Reads the expressions of a rule.
  ///
  /// - Throws: `DataError` for one that cannot be read.
  init(_ rule: AnswerRule) throws(DataError) {
    self.rule = rule
    pattern = try rule.pattern.map { (text) throws(DataError) in try Self.expression(text) }
    var ignored: [Regex<AnyRegexOutput>] = []
    for text in rule.ignored { ignored.append(try Self.expression(text)) }
    self.ignored = ignored
  }

  /// Why an expression cannot be read; nil where it can.
  static func problem(_ text: String) -> String? {
    do throws(DataError) {
      _ = try expression(text)
      return nil
    } catch {
      return error.description
    }
  }

  private static func expression(_ text: String) throws(DataError) -> Regex<AnyRegexOutput> {
    do {
      // As in Python, a character is a scalar.
      return try Regex(text).matchingSemantics(.unicodeScalar)
    } catch {
      throw DataError("`\(text.shown(atMost: 80))` is no regular expression: \(error)")
    }
  }

  /// The text up to the first of the texts that end an answer.
  func ended(_ text: String) -> String {
    rule.stop.reduce(text) { text, stop in
      text.range(ofScalars: stop).map { String(text[..<$0]) } ?? text
    }
  }

  /// Whether the text holds one of the texts that end an answer.
  func isEnded(_ text: String) -> Bool {
    rule.stop.contains { text.range(ofScalars: $0) != nil }
  }

  /// Whether a text that a model wrote is the right answer.
  func isRight(_ written: String, _ answer: String) -> Bool {
    found(in: ended(written)).map { compared($0).isIdentical(to: compared(answer)) } ?? false
  }

  /// The answer in a text; nil where there is none.
  private func found(in text: String) -> String? {
    guard let pattern else { return text }
    guard let match = text.firstMatch(of: pattern) else { return nil }
    let part = match.output.count > 1 ? match.output[1].substring : match.output[0].substring
    return part.map { String($0).strippedAsInPython }
  }

  /// A text as it is compared.
  private func compared(_ text: String) -> String {
    let kept = ignored.reduce(text) { $0.replacing($1, with: "") }
    return rule.ignoresCase ? kept.lowercased() : kept
  }
}

extension String {
  /// Where a text begins in this one, scalar by scalar; nil where it does not occur.
  fileprivate func range(ofScalars text: String) -> Index? {
    let (own, wanted) = (unicodeScalars, text.unicodeScalars)
    guard let first = wanted.first else { return nil }
    return own.indices.first { own[$0] == first && own[$0...].starts(with: wanted) }
  }
}
