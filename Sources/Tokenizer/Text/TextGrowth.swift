/// Limits how much the steps of a file may lengthen a text: a few dozen, each doubling it, fill any
/// memory.
enum TextGrowth {
  /// The most elements in one list of steps.
  static let mostSteps = 64
  /// How many times longer all steps together may make a text: published ones do so thirty times.
  private static let most = 256.0

  /// Refuses too many steps, or steps whose factors together lengthen a text too much.
  static func check(_ factors: [Double], _ field: TokenizerField) throws(TokenizerError) {
    guard factors.count <= mostSteps else {
      throw field.failure("found \(factors.count) steps, supported: at most \(mostSteps)")
    }
    guard factors.reduce(1, *) <= most else {
      throw field.failure("makes text more than \(Int(most)) times longer")
    }
  }
}

extension Replacement {
  /// How many times longer it can make a text.
  var growth: Double { max(1, Double(content.count) / Double(max(1, pattern.count))) }
}
