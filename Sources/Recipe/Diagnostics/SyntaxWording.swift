// The wording of every syntax error: messages are written here and nowhere else.

extension Diagnostic {
  init(_ problem: SyntaxProblem, at span: SourceSpan, fix: Fix? = nil) {
    self.init(
      code: problem.code.rawValue,
      message: problem.message,
      span: span,
      label: problem.label,
      notes: problem.notes,
      fix: fix
    )
  }
}

extension SyntaxProblem {
  fileprivate var message: String {
    switch self {
    case .sourceTooLarge(let bytes, let limit):
      "the recipe has \(bytes) bytes, more than the \(limit) that a recipe may have"
    case .invalidUTF8(let byte, let offset):
      "the recipe is not UTF-8: byte \(hexadecimal(UInt32(byte), 2)) at position \(offset)"
    case .otherEncoding(let encoding): "the recipe is \(encoding), not UTF-8"
    case .controlCharacter("\0"): "a NUL byte; is this a text file?"
    case .controlCharacter("\r"): "a carriage return without a line feed"
    case .controlCharacter(let scalar): "the invisible control character \(codePoint(scalar))"
    case .strayCharacter(let text): "unexpected \(visible(text))"
    case .malformedNumber(let text), .fraction(let text, _): "\(quoted(text)) is not a number"
    case .lackingZero(let text, _): "\(quoted(text)) lacks a digit before its point"
    case .numberTooLarge(let text): "\(quoted(text)) is too large a number"
    case .openString: "a string without its closing `\"`"
    case .unknownEscape(let text): "\(quoted(text)) is not an escape"
    case .strayDollar: "a `$` that starts no variable"
    case .openInterpolation: "a `${` without a name and `}` after it"
    case .missingVariableName: "expected the name of a variable after `$`"
    case .bracedVariable(let name): "\(quoted("${\(name)}")) is for strings"
    case .unquotedText(let text): "\(quoted(text)) has to be in quotes"
    case .foreignQuotes: "strings are written in double quotes"
    case .foreignComment: "comments start with `#`"
    case .tooManyDots: "a range has two dots"
    case .colonForEquals: "expected `=`, found `:`"
    case .punctuationAfterKeyword(let keyword, let sign):
      "the statement `\(keyword)` is written without `\(sign)`"
    case .expectedEntry(let found): "expected the first word of a statement, found \(found.words)"
    case .settingOutsideBraces(let name): "the setting \(quoted(name)) is outside all braces"
    case .expectedName(let keyword, let found):
      "expected a name after `\(keyword)`, found \(found.words)"
    case .expectedEquals(_, let name, let found):
      "expected `=` after \(quoted(name)), found \(found.words)"
    case .expectedValue(let found): "expected a value, found \(found.words)"
    case .expectedPlugin(let found): "expected the name of a plugin, found \(found.words)"
    case .expectedDataset(let found): "expected a data set after `on`, found \(found.words)"
    case .unexpectedAfterDataset(let found):
      "expected `{` or the end of the statement after the data set, found \(found.words)"
    case .datasetNotAllowed: "`data` takes no `on`"
    case .bodyNotAllowed: "a value has no braces"
    case .settingAfterArguments(let name?):
      "the setting \(quoted(name)) cannot be among arguments"
    case .settingAfterArguments: "unexpected `=`"
    case .equalsInEach(let name):
      "expected `in` after `each \(name.printable.clipped())`, found `=`"
    case .missingSeparator(let found, isInBraces: true, _):
      "expected a new line, `,` or `}`, found \(found.words)"
    case .missingSeparator(let found, _, _): "expected a new line, found \(found.words)"
    case .commaBetweenStatements: "unexpected `,` outside braces"
    case .strayComma: "a `,` with nothing before it"
    case .braceOnNextLine: "`{` has to be on the same line as its statement"
    case .openBrace: "a `{` without its `}`"
    case .openList: "a `[` without its `]`"
    case .unmatchedClosing(let text): "a `\(text)` without its `\(text == "}" ? "{" : "[")`"
    case .missingListComma(let found): "expected `,` or `]`, found \(found.words)"
    case .rangeOutsideList: "a range has to be in a list"
    case .badRange(let found): "a range goes from number to number, found \(found.words)"
    case .tooDeep(let limit): "braces and lists nested more than \(limit) levels deep"
    case .duplicateSetting(let name, _): "the setting \(quoted(name)) is given here a second time"
    }
  }

  fileprivate var label: String? {
    switch self {
    case .openString, .openBrace, .openList: "opened here"
    case .expectedEquals(let keyword, let name, _):
      "`\(keyword) \(name.printable.clipped()) = …`"
    case .duplicateSetting: "second value"
    default: nil
    }
  }

  fileprivate var notes: [Note] {
    switch self {
    case .strayCharacter(";"):
      [Note("a statement ends where its line ends, and settings in braces have `,` between them")]
    case .strayCharacter("%"): [Note("a percentage is written without a space, as in `25%`")]
    case .malformedNumber:
      [Note("numbers are written `6`, `-0.5`, `1e-4`, `64_000`, `20%`, `4GB` or `2:4`")]
    case .fraction(_, let fraction):
      switch fraction.place {
      case .amount: [Note("a share is a percentage: `remove \(fraction.percentage)`")]
      case .rest:
        [Note("what goes is written as a percentage: `remove \(fraction.complement)`")]
      case .value:
        [
          Note(
            "a share is a percentage, `\(fraction.percentage)`, and a number is a decimal, "
              + "`\(fraction.number)`"
          )
        ]
      }
    case .invalidUTF8, .otherEncoding: [Note("save the file as UTF-8 in your editor")]
    case .openString: [Note("a string ends on the line it starts on")]
    case .unknownEscape: [Note("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`")]
    case .strayDollar: [Note("a dollar sign in a string is written `$$`")]
    case .openInterpolation: [Note("a variable in a string is written `$name` or `${name}`")]
    case .unquotedText: [Note("words hold letters, digits, `_`, `+` and `-`")]
    case .settingOutsideBraces:
      [Note("outside braces, `let` gives a name to a value")]
    case .punctuationAfterKeyword(let keyword, _):
      [Note("`=` separates a setting from its value, and follows the name of a `let` or `data`")]
        + (keyword == "model" ? [Note("as in `model \"path/to/a/model\"`")] : [])
    case .expectedPlugin:
      [Note("a plugin reads the file, as in `data words = text \"words.txt\"`")]
    case .unexpectedAfterDataset(.text):
      [Note("clauses and settings of a statement are written in `{ }` after the data set")]
    case .settingAfterArguments(_?):
      [Note("settings are written in `{ }`, or on a line of their own")]
    case .equalsInEach: [Note("as in `each share in [10%, 20%] { … }`")]
    case .missingSeparator(.text("on"), _, isAfterValue: false):
      [Note("`on NAME` comes before the braces")]
    case .missingSeparator(_, _, isAfterValue: true):
      [Note("several values go in a list: `[a, b]`")]
    case .commaBetweenStatements: [Note("outside braces, each statement has its own line")]
    case .duplicateSetting(_, let first): [Note("first value", at: first)]
    default: []
    }
  }
}

extension SyntaxProblem.Found {
  fileprivate var words: String {
    switch self {
    case .text(let text): quoted(text)
    case .lineEnd: "the end of the line"
    case .fileEnd: "the end of the file"
    }
  }
}

/// Source text, quoted for messages.
private func quoted(_ text: String) -> String { "`\(text.printable.clipped())`" }

/// A character, shown by its code point where it is invisible or could be mistaken for another.
private func visible(_ text: String) -> String {
  let isVisible = text.unicodeScalars.allSatisfy { scalar in
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .format, .unassigned, .privateUse, .nonspacingMark, .enclosingMark: false
    default: true
    }
  }
  guard !isVisible, let scalar = text.unicodeScalars.first else { return quoted(text) }
  return "character \(codePoint(scalar))"
}

private func codePoint(_ scalar: Unicode.Scalar) -> String {
  "U+" + hexadecimal(scalar.value, 4).dropFirst(2)
}

private func hexadecimal(_ value: UInt32, _ width: Int) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return "0x" + String(repeating: "0", count: max(0, width - digits.count)) + digits
}
