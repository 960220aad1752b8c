import BillhookCore
import BillhookRecipe

/// The number of columns that are solved together: some, or all.
enum SlabWidth: Equatable, ParameterValue {
  case columns(Int)
  /// All columns; written `none`, as there are no slabs.
  case none

  static var expectation: String { "a number of columns, 1 or more, or none" }

  init?(_ literal: Literal) {
    switch literal {
    case .number(let number):
      guard let columns = number.integer, columns > 0 else { return nil }
      self = .columns(columns)
    case .word("none"): self = .none
    default: return nil
    }
  }

  var literalText: String {
    switch self {
    case .columns(let columns): "\(columns)"
    case .none: "none"
    }
  }

  var keyPart: JSON {
    switch self {
    case .columns(let columns): columns.keyPart
    case .none: ["word": "none"]
    }
  }

  /// The number of columns; nil for all.
  var columns: Int? {
    switch self {
    case .columns(let columns): columns
    case .none: nil
    }
  }
}
