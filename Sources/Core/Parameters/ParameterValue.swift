public import BillhookFiles
public import BillhookModels
import BillhookRecipe

/// A type that a plugin's parameter can have.
public protocol ParameterValue: Sendable, Equatable {
  /// What a recipe has to write, for messages: `a whole number`.
  static var expectation: String { get }
  /// Reads the value; nil when the literal is of another kind.
  init?(_ literal: Literal)
  /// The value as a recipe writes it.
  var literalText: String { get }
  /// The value with its type, for the keys of results: different for different values, and never
  /// null, which stands for a setting that is left out.
  var keyPart: JSON { get }

  /// The words that the value can be; empty for all types but choices.
  static var choices: [String] { get }
  /// Whether there is no value, which a recipe says by leaving the setting out.
  var isLeftOut: Bool { get }
  /// The files in the value.
  var files: [InputFile] { get }
  /// The value with each file in it replaced.
  func replacingFiles(_ change: (InputFile) -> InputFile) -> Self
  /// What the value names that a model does not have, in words; nil where it has everything.
  func missing(in model: LanguageModel) -> String?
}

extension ParameterValue {
  /// Not a choice of words.
  public static var choices: [String] { [] }
  /// There is a value.
  public var isLeftOut: Bool { false }
  /// No files.
  public var files: [InputFile] { [] }
  /// It names nothing of a model.
  public func missing(in model: LanguageModel) -> String? { nil }

  /// The value itself.
  public func replacingFiles(_ change: (InputFile) -> InputFile) -> Self { self }
}

extension Int: ParameterValue {
  /// Whole numbers.
  public static var expectation: String { "a whole number" }

  /// Reads `6` or `1e3`.
  public init?(_ literal: Literal) {
    guard case .number(let number) = literal, let integer = number.integer else { return nil }
    self = integer
  }

  /// The digits.
  public var literalText: String { "\(self)" }

  /// The number.
  public var keyPart: JSON { .number(JSONNumber(self)) }
}

extension Double: ParameterValue {
  /// Numbers.
  public static var expectation: String { "a number" }

  /// Reads `0.5` or `1e-4`.
  public init?(_ literal: Literal) {
    guard case .number(let number) = literal else { return nil }
    self = number.double
  }

  /// The shortest digits that give the number back.
  public var literalText: String { "\(self)" }

  /// The number, or its text where JSON has no number for it: infinities and NaN.
  public var keyPart: JSON { JSONNumber(self).map(JSON.number) ?? .string("\(self)") }
}

extension Bool: ParameterValue {
  /// Truth values.
  public static var expectation: String { "true or false" }

  /// Reads `true` or `false`.
  public init?(_ literal: Literal) {
    guard case .boolean(let flag) = literal else { return nil }
    self = flag
  }

  /// The word.
  public var literalText: String { "\(self)" }

  /// The truth value.
  public var keyPart: JSON { .bool(self) }
}

extension String: ParameterValue {
  /// Strings.
  public static var expectation: String { "a string in quotes" }

  /// Reads a string.
  public init?(_ literal: Literal) {
    guard case .string(let text) = literal else { return nil }
    self = text
  }

  /// The string in quotes.
  public var literalText: String { "\(Literal.string(self))" }

  /// The string.
  public var keyPart: JSON { .string(self) }
}

extension Array: ParameterValue where Element: ParameterValue {
  /// Lists.
  public static var expectation: String { "a list, each \(Element.expectation)" }

  /// Reads `[1, 2, 3]`.
  public init?(_ literal: Literal) {
    guard case .list(let values) = literal else { return nil }
    let elements = values.compactMap(Element.init)
    guard elements.count == values.count else { return nil }
    self = elements
  }

  /// The words that each can be.
  public static var choices: [String] { Element.choices }

  /// The values in brackets.
  public var literalText: String { "[\(map(\.literalText).joined(separator: ", "))]" }

  /// The list.
  public var keyPart: JSON { .array(map(\.keyPart)) }

  /// The files of all elements.
  public var files: [InputFile] { flatMap(\.files) }

  /// What the first element names that a model does not have; a list of all words stands for whatever there
  /// is.
  public func missing(in model: LanguageModel) -> String? {
    let (words, all) = (Set(map(\.literalText)), Set(Element.choices))
    return words.isSuperset(of: all) ? nil : lazy.compactMap { $0.missing(in: model) }.first
  }

  /// The list with each file in it replaced.
  public func replacingFiles(_ change: (InputFile) -> InputFile) -> [Element] {
    map { $0.replacingFiles(change) }
  }
}

extension Optional: ParameterValue where Wrapped: ParameterValue {
  /// The same as for a value that must be given.
  public static var expectation: String { Wrapped.expectation }

  /// Reads the value; only leaving the setting out means nil.
  public init?(_ literal: Literal) {
    guard let value = Wrapped(literal) else { return nil }
    self = value
  }

  /// The value, or `none`.
  public var literalText: String { map(\.literalText) ?? "none" }

  /// The value, or null.
  public var keyPart: JSON { map(\.keyPart) ?? .null }

  /// The words that the value can be.
  public static var choices: [String] { Wrapped.choices }

  /// Whether it is nil.
  public var isLeftOut: Bool { self == nil }

  /// The files of the value.
  public var files: [InputFile] { map(\.files) ?? [] }

  /// What the value names that a model does not have.
  public func missing(in model: LanguageModel) -> String? { flatMap { $0.missing(in: model) } }

  /// The value with each file in it replaced.
  public func replacingFiles(_ change: (InputFile) -> InputFile) -> Wrapped? {
    map { $0.replacingFiles(change) }
  }
}

/// A parameter that is one of a few words: an enumeration with string values.
public protocol Choice: ParameterValue, CaseIterable, RawRepresentable<String> {}

extension Choice {
  /// The words.
  public static var expectation: String {
    let words = choices.map { "`\($0)`" }
    guard let last = words.last, words.count > 1 else { return words.joined() }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// The words.
  public static var choices: [String] { allCases.map(\.rawValue) }

  /// Reads one of the words.
  public init?(_ literal: Literal) {
    guard case .word(let word) = literal else { return nil }
    self.init(rawValue: word)
  }

  /// The word.
  public var literalText: String { rawValue }

  /// The word, marked as a word to tell it from a string.
  public var keyPart: JSON { ["word": .string(rawValue)] }
}
