/// The codes of syntax errors.
///
/// A code never changes its meaning; new ones are added at the end.
public enum SyntaxCode: String, Sendable, CaseIterable {
  /// The recipe is larger than a recipe may be.
  case sourceTooLarge = "E0001"
  /// The file is not UTF-8.
  case invalidUTF8 = "E0002"
  /// A control character, a NUL or a character that reorders text.
  case controlCharacter = "E0003"
  /// A character that starts nothing in a recipe.
  case strayCharacter = "E0004"
  /// Text that starts like a number but is not one.
  case malformedNumber = "E0005"
  /// A decimal fraction without a digit before the point.
  case lackingZero = "E0006"
  /// A number beyond what can be computed with.
  case numberTooLarge = "E0007"
  /// A string without its closing quote.
  case openString = "E0008"
  /// A backslash before a character that needs none.
  case unknownEscape = "E0009"
  /// A `$` in a string that starts no variable.
  case strayDollar = "E0010"
  /// A `${` in a string that names no variable or lacks its `}`.
  case openInterpolation = "E0011"
  /// A `$` without a name.
  case missingVariableName = "E0012"
  /// `${name}` outside a string.
  case bracedVariable = "E0013"
  /// A path or another text that needs quotes.
  case unquotedText = "E0014"
  /// A string in quotes other than `"`.
  case foreignQuotes = "E0015"
  /// A comment that starts with `//`.
  case foreignComment = "E0016"
  /// A range with more than two dots.
  case tooManyDots = "E0017"
  /// A `:` where `=` belongs.
  case colonForEquals = "E0018"
  /// A line that does not start with a word.
  case expectedEntry = "E0019"
  /// `name = value` outside braces, without `let`.
  case settingOutsideBraces = "E0020"
  /// A `let` or `data` without a name.
  case expectedName = "E0021"
  /// A `let` or `data` without `=`.
  case expectedEquals = "E0022"
  /// Something else where a value belongs.
  case expectedValue = "E0023"
  /// A `data` without a plugin.
  case expectedPlugin = "E0024"
  /// An `on` without a data set.
  case expectedDataset = "E0025"
  /// Something between the data set and the braces.
  case unexpectedAfterDataset = "E0026"
  /// An `on` where no data set is allowed.
  case datasetNotAllowed = "E0027"
  /// Braces after a plain value.
  case bodyNotAllowed = "E0028"
  /// An `=` in the arguments of a statement.
  case settingAfterArguments = "E0029"
  /// Two entries with nothing between them.
  case missingSeparator = "E0030"
  /// A comma between two statements of the file.
  case commaBetweenStatements = "E0031"
  /// A comma with nothing before it.
  case strayComma = "E0032"
  /// An opening brace on a line of its own.
  case braceOnNextLine = "E0033"
  /// A `{` without its `}`.
  case openBrace = "E0034"
  /// A `[` without its `]`.
  case openList = "E0035"
  /// A closing bracket or brace without its opening one.
  case unmatchedClosing = "E0036"
  /// Two elements of a list with no comma between them.
  case missingListComma = "E0037"
  /// A range outside a list.
  case rangeOutsideList = "E0038"
  /// A range whose ends are not numbers or variables.
  case badRange = "E0039"
  /// Braces and lists nested too deeply.
  case tooDeep = "E0040"
  /// A setting that occurs twice in one pair of braces.
  case duplicateSetting = "E0041"
  /// An `=` or a `:` after the first word of a statement.
  case punctuationAfterKeyword = "E0042"
}

extension SyntaxProblem {
  var code: SyntaxCode {
    switch self {
    case .sourceTooLarge: .sourceTooLarge
    case .invalidUTF8, .otherEncoding: .invalidUTF8
    case .controlCharacter: .controlCharacter
    case .strayCharacter: .strayCharacter
    case .malformedNumber, .fraction: .malformedNumber
    case .lackingZero: .lackingZero
    case .numberTooLarge: .numberTooLarge
    case .openString: .openString
    case .unknownEscape: .unknownEscape
    case .strayDollar: .strayDollar
    case .openInterpolation: .openInterpolation
    case .missingVariableName: .missingVariableName
    case .bracedVariable: .bracedVariable
    case .unquotedText: .unquotedText
    case .foreignQuotes: .foreignQuotes
    case .foreignComment: .foreignComment
    case .tooManyDots: .tooManyDots
    case .colonForEquals: .colonForEquals
    case .expectedEntry: .expectedEntry
    case .settingOutsideBraces: .settingOutsideBraces
    case .expectedName: .expectedName
    case .expectedEquals: .expectedEquals
    case .expectedValue: .expectedValue
    case .expectedPlugin: .expectedPlugin
    case .expectedDataset: .expectedDataset
    case .unexpectedAfterDataset: .unexpectedAfterDataset
    case .datasetNotAllowed: .datasetNotAllowed
    case .bodyNotAllowed: .bodyNotAllowed
    case .settingAfterArguments, .equalsInEach: .settingAfterArguments
    case .missingSeparator: .missingSeparator
    case .commaBetweenStatements: .commaBetweenStatements
    case .strayComma: .strayComma
    case .braceOnNextLine: .braceOnNextLine
    case .openBrace: .openBrace
    case .openList: .openList
    case .unmatchedClosing: .unmatchedClosing
    case .missingListComma: .missingListComma
    case .rangeOutsideList: .rangeOutsideList
    case .badRange: .badRange
    case .tooDeep: .tooDeep
    case .duplicateSetting: .duplicateSetting
    case .punctuationAfterKeyword: .punctuationAfterKeyword
    }
  }
}
