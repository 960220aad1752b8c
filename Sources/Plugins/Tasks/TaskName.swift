import BillhookCore

/// The name of a built-in task.
struct TaskName: ParameterValue {
  /// The built-in tasks by name.
  static let known: [(name: String, description: TaskDescription)] = [
    ("arc_challenge", .arc), ("arc_easy", .arc), ("boolq", .boolq), ("gsm8k", .gsm8k),
    ("hellaswag", .hellaswag), ("mmlu", .mmlu), ("openbookqa", .openbookqa), ("piqa", .piqa),
    ("winogrande", .winogrande),
  ]

  /// How the task asks its questions.
  let description: TaskDescription
  private let name: String

  static var expectation: String {
    let words = choices.map { "`\($0)`" }
    return words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
  }

  static var choices: [String] { known.map(\.name) }

  init?(_ literal: Literal) {
    guard case .word(let word) = literal, let found = Self.known.first(where: { $0.name == word })
    else { return nil }
    (name, description) = found
  }

  var literalText: String { name }

  var keyPart: JSON { ["word": .string(name)] }

  static func == (one: TaskName, other: TaskName) -> Bool { one.name == other.name }
}

/// A field that holds a list, or a list of templates: `"options"` or `["{first}", "{second}"]`.
enum FieldOrTexts: ParameterValue {
  case field(String)
  case texts([String])

  static let expectation = "a field's name in quotes, or a list of texts"

  init?(_ literal: Literal) {
    switch literal {
    case .string(let name) where !name.isEmpty: self = .field(name)
    case .list:
      guard let texts = [String](literal), !texts.isEmpty else { return nil }
      self = .texts(texts)
    default: return nil
    }
  }

  var literalText: String {
    switch self {
    case .field(let name): name.literalText
    case .texts(let texts): texts.literalText
    }
  }

  var keyPart: JSON {
    switch self {
    case .field(let name): ["field": .string(name)]
    case .texts(let texts): texts.keyPart
    }
  }
}
