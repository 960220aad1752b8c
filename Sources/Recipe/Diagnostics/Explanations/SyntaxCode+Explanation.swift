extension SyntaxCode {
  /// The explanation of the code.
  public var explanation: Explanation {
    switch self {
    case .sourceTooLarge: .sourceTooLarge
    case .invalidUTF8: .invalidUTF8
    case .controlCharacter: .controlCharacter
    case .strayCharacter: .strayCharacter
    case .malformedNumber: .malformedNumber
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
    case .punctuationAfterKeyword: .punctuationAfterKeyword
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
    case .settingAfterArguments: .settingAfterArguments
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
    }
  }
}
