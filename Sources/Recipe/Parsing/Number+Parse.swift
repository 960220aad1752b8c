extension Number {
  /// Reads a number as recipes write it; nil for anything else or beyond the range of `Double`.
  public init?(_ text: String) {
    let value = Value.parse(SourceText(name: "", text: text)).value
    guard case .number(let number)? = value?.kind else { return nil }
    self = number
  }
}
