import BillhookCore
import Foundation
import TestSupport

/// As much of a TextMate grammar as Editors/VSCode uses: `match`, `begin` with `end`, `include`.
struct TextMateGrammar {
  /// A piece of text with the scope that the grammar gives it.
  struct Token: Equatable, CustomStringConvertible {
    let text: String
    let scope: String
    var description: String { "\(text): \(scope)" }
  }

  private final class Rule {
    let match: NSRegularExpression
    let name: String?
    let captures: [Int: String]
    /// What ends the rule, and what stands inside; nil for a rule that is one match.
    let inside: (end: NSRegularExpression, endCaptures: [Int: String], patterns: [Pattern])?

    init?(_ json: [String: Any]) throws {
      guard let match = (json["match"] ?? json["begin"]) as? String else { return nil }
      self.match = try NSRegularExpression(pattern: match)
      name = json["name"] as? String
      captures = Self.scopes((json["captures"] ?? json["beginCaptures"]) as? [String: Any])
      inside = try (json["end"] as? String).map { end in
        (
          try NSRegularExpression(pattern: end), Self.scopes(json["endCaptures"] as? [String: Any]),
          try Pattern.list(json)
        )
      }
    }

    private static func scopes(_ json: [String: Any]?) -> [Int: String] {
      var scopes: [Int: String] = [:]
      for (group, value) in json ?? [:] {
        scopes[Int(group) ?? -1] = (value as? [String: Any])?["name"] as? String
      }
      return scopes
    }
  }

  private enum Pattern {
    case rule(Rule)
    case include(String)
    case list([Pattern])

    static func list(_ json: [String: Any]) throws -> [Pattern] {
      try (json["patterns"] as? [[String: Any]] ?? []).compactMap(reading)
    }

    static func reading(_ json: [String: Any]) throws -> Pattern? {
      if let name = json["include"] as? String { return .include(String(name.dropFirst())) }
      if let rule = try Rule(json) { return .rule(rule) }
      return .list(try list(json))
    }
  }

  private let patterns: [Pattern]
  private let repository: [String: Pattern]

  /// The texts of all regular expressions of the grammar.
  let expressions: [String]

  init(_ path: String) throws {
    let data = Data(try FileSystem.read(path))
    let json = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    patterns = try Pattern.list(json)
    repository = try (json["repository"] as? [String: [String: Any]] ?? [:])
      .compactMapValues(Pattern.reading)
    expressions = Self.expressions(in: json)
  }

  private static func expressions(in value: Any) -> [String] {
    if let list = value as? [Any] { return list.flatMap(expressions) }
    guard let object = value as? [String: Any] else { return [] }
    return object.flatMap { key, value in
      ["match", "begin", "end"].contains(key)
        ? [value as? String].compactMap { $0 } : expressions(in: value)
    }
  }

  private func rules(_ patterns: [Pattern]) -> [Rule] {
    patterns.flatMap { pattern -> [Rule] in
      switch pattern {
      case .rule(let rule): [rule]
      case .include(let name): repository[name].map { rules([$0]) } ?? []
      case .list(let patterns): rules(patterns)
      }
    }
  }

  /// The pieces of a text that have a scope, in order; the innermost scope counts.
  func tokens(_ text: String) -> [Token] {
    var stack: [Rule] = []
    return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      tokens(inLine: String(line), &stack)
    }
  }

  private func tokens(inLine line: String, _ stack: inout [Rule]) -> [Token] {
    let text = line as NSString
    var found: [Token] = []
    var place = 0
    func add(_ range: NSRange, _ scope: String?) {
      guard let scope, range.location != NSNotFound, range.length > 0 else { return }
      found.append(Token(text: text.substring(with: range), scope: scope))
    }
    func first(_ expression: NSRegularExpression) -> NSTextCheckingResult? {
      // An anchor is the beginning of the line, not of what is left of it.
      expression.firstMatch(
        in: line,
        options: [.withTransparentBounds, .withoutAnchoringBounds],
        range: NSRange(location: place, length: text.length - place)
      )
    }
    while place <= text.length {
      let inside = stack.last?.inside
      var best: (rule: Rule?, match: NSTextCheckingResult)?
      if let end = inside.flatMap({ first($0.end) }) { best = (nil, end) }
      for rule in rules(inside?.patterns ?? patterns) {
        guard let match = first(rule.match) else { continue }
        if match.range.location < best?.match.range.location ?? .max { best = (rule, match) }
      }
      guard let (rule, match) = best else {
        add(NSRange(location: place, length: text.length - place), stack.last?.name)
        break
      }
      let before = NSRange(location: place, length: match.range.location - place)
      add(before, stack.last?.name)
      let captures = rule?.captures ?? inside?.endCaptures ?? [:]
      if captures.isEmpty { add(match.range, rule?.name ?? stack.last?.name) }
      for group in captures.keys.sorted() { add(match.range(at: group), captures[group]) }
      if rule == nil { stack.removeLast() }
      if let rule, rule.inside != nil { stack.append(rule) }
      guard match.range.length > 0 || rule == nil else { break }
      place = match.range.location + match.range.length
      if rule == nil, match.range.length == 0 { break }
    }
    return found
  }
}
