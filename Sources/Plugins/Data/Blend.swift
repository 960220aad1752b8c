import BillhookCore

/// Windows drawn from several data sets, each with a share of the tokens.
struct Blend: MixedSource {
  static let name = "blend"
  static let summary = "Windows drawn from several data sets, each with its share of the tokens."

  /// The data that it is drawn from.
  var parts: [DataName] = []
  /// The share of each in the tokens; empty for equal ones.
  var shares: [Percentage] = []
  /// The number of tokens; nil to end where a set is used up.
  var tokens: TokenCount?
  /// The seed of the random numbers.
  var seed = 0

  static let parameters = [
    Parameter<Self>.argument("parts", \.parts, help: "the data, defined before, in brackets"),
    Parameter("shares", \.shares, help: "the share of each in the tokens; unless set, all alike"),
    Parameter(
      "tokens",
      \.tokens,
      help: "tokens in all; sets that are too small come again; without it, until one is used up"
    ),
    Parameter("seed", \.seed, in: 0..., help: "the seed of the order in which windows are drawn"),
  ]

  func validate() throws(ParameterProblem) {
    guard parts.count > 1 else {
      throw ParameterProblem("parts", "needs two data sets or more, such as `blend [wiki, chat]`")
    }
    for (index, part) in parts.enumerated() where parts[..<index].contains(part) {
      throw ParameterProblem("parts", "names `\(part.name)` twice")
    }
    guard !shares.isEmpty else { return }
    guard shares.count == parts.count else {
      throw ParameterProblem(
        "shares",
        "must be as many as there are data sets, which are \(parts.count); found \(shares.count)"
      )
    }
    let sum = shares.reduce(0) { $0 + $1.hundredths }
    guard abs(sum - 100) < 1e-9 else {
      throw ParameterProblem("shares", "must add up to 100%, found \(Percentage(sum).literalText)")
    }
    guard shares.allSatisfy({ $0.hundredths > 0 }) else {
      throw ParameterProblem("shares", "must be above 0%; leave the data set out instead")
    }
  }

  var mixture: TokenMixture {
    TokenMixture(
      shares: shares.isEmpty
        ? parts.map { _ in 1 / Double(parts.count) } : shares.map { $0.hundredths / 100 },
      tokens: tokens?.count,
      seed: seed
    )
  }
}
