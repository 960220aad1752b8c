package import BillhookCore
import BillhookRecipe

/// One branch that a statement stands in: of a `branch`, or of an `each` with one of its values.
package struct Branch: Sendable, Equatable, CustomStringConvertible {
  /// What tells it apart from the branches beside it: `one after the other`, `cut=3`.
  package let label: String
  /// The loop's variable and its value; nil in a `branch`.
  package let variable: LoopVariable?
  /// The number of the plan's step that it begins with, which tells branches of one name apart; nil in
  /// plans and in reports that were read.
  var start: Int?

  /// The branch of a `branch` statement.
  package init(named label: String) {
    self.label = label
    variable = nil
  }

  /// The branch in which a loop's variable has one value.
  package init(_ name: String, _ value: Literal) {
    label = "\(name)=\(value)"
    variable = LoopVariable(name: name, value: value.json)
  }

  init(label: String, variable: LoopVariable?) {
    self.label = label
    self.variable = variable
  }

  /// The same branch, as one that begins with some step of the plan.
  func starting(at step: Int) -> Branch {
    var branch = self
    branch.start = step
    return branch
  }

  /// The branch with the word that a recipe begins it with: `branch short`, `each cut=3`.
  package var description: String { (variable == nil ? "branch " : "each ") + label }
}

/// The variable of an `each` with the value that it has in one branch.
package struct LoopVariable: Sendable, Equatable {
  /// The variable.
  package let name: String
  /// Its value: numbers and truth values as such, lists as lists, everything else as text.
  package let value: JSON
}

extension [Branch] {
  /// The branches from the outermost, as they label what belongs to them: `criterion=ppl, cut=3`.
  package var label: String { map(\.label).joined(separator: ", ") }

  /// The variables of the loops among them.
  package var variables: [LoopVariable] { compactMap(\.variable) }

  /// The part of a file's name that tells branches apart: `-criterion=ppl-cut=3`, of letters that
  /// every system takes.
  var fileStem: String {
    let stem = map { "-" + $0.label.map { Self.isPlain($0) ? String($0) : "_" }.joined() }.joined()
    // Names of files may have at most 255 bytes.
    return stem.count > 120 ? String(stem.prefix(119)) + "_" : stem
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "+-.=".contains(character))
  }
}

extension Literal {
  /// The value as data.
  var json: JSON {
    switch self {
    case .number(let number):
      (JSONNumber(text: number.text) ?? JSONNumber(number.double)).map(JSON.number) ?? .null
    case .boolean(let flag): .bool(flag)
    case .string(let text), .word(let text): .string(text)
    case .list(let values): .array(values.map(\.json))
    case .percentage, .quantity, .ratio, .end: .string(description)
    }
  }
}
