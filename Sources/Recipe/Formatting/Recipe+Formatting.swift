extension Recipe {
  /// The recipe in canonical form: the same statements and comments, laid out again.
  ///
  /// Numbers, strings and words stay as they are written. Formatting the result again changes
  /// nothing. A recipe with errors has no form, because its tree is incomplete.
  public var formatted: String {
    var layout = Layout(self)
    layout.appendFile(statements)
    return FormattedLine.text(of: layout.lines)
  }
}
