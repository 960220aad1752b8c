extension Recipe {
  /// The recipe in its one form: the same statements and comments, laid out anew.
  ///
  /// Numbers, strings and words stay as they are written. Formatting what comes out changes
  /// nothing more. A recipe with errors has no form, because its tree is incomplete.
  public var formatted: String {
    var layout = Layout(self)
    layout.appendFile(statements)
    return FormattedLine.text(of: layout.lines)
  }
}
