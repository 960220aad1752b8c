/// A syntax error in a recipe, with what its message needs.
enum SyntaxProblem: Equatable {
  case sourceTooLarge(bytes: Int, limit: Int)
  case invalidUTF8(byte: UInt8, offset: Int)
  case otherEncoding(String)
  case controlCharacter(Unicode.Scalar)
  case strayCharacter(String)

  case malformedNumber(String)
  case fraction(String, Fraction)
  case lackingZero(String, corrected: String)
  case numberTooLarge(String)

  case openString
  case unknownEscape(String)
  case strayDollar
  case openInterpolation
  case missingVariableName
  case bracedVariable(String)

  case unquotedText(String)
  case foreignQuotes
  case foreignComment
  case tooManyDots
  case colonForEquals
  case punctuationAfterKeyword(String, String)

  case expectedEntry(Found)
  case settingOutsideBraces(String)
  case expectedName(keyword: String, Found)
  case expectedEquals(keyword: String, name: String, Found)
  case expectedValue(Found)
  case expectedPlugin(Found)
  case expectedDataset(Found)
  case unexpectedAfterDataset(Found)
  case datasetNotAllowed
  case bodyNotAllowed
  case settingAfterArguments(String?)
  case equalsInEach(String)

  case missingSeparator(Found, isInBraces: Bool, isAfterValue: Bool)
  case commaBetweenStatements
  case strayComma
  case braceOnNextLine
  case openBrace
  case openList
  case unmatchedClosing(String)
  case missingListComma(Found)
  case rangeOutsideList
  case badRange(Found)
  case tooDeep(limit: Int)
  case duplicateSetting(String, first: SourceSpan)

  /// What was found where something else was expected.
  enum Found: Equatable {
    case text(String)
    case lineEnd
    case fileEnd
  }
}
