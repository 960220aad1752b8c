import BillhookCore

/// How many of the likeliest tokens are kept: a number, or `all`.
enum KeptTokens: ParameterValue {
  case likeliest(Int)
  case all

  static var expectation: String { "a whole number, 1 or more, or `all`" }

  init?(_ literal: Literal) {
    if literal == .word("all") {
      self = .all
    } else if let count = Int(literal), count >= 1 {
      self = .likeliest(count)
    } else {
      return nil
    }
  }

  var count: Int? { if case .likeliest(let count) = self { count } else { nil } }

  var literalText: String { count.map { "\($0)" } ?? "all" }

  var keyPart: JSON { count.map { ["likeliest": $0.keyPart] } ?? "all" }
}
