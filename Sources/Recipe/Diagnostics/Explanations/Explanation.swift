/// The text that `billhook explain` shows for the code of a diagnostic.
public struct Explanation: Sendable {
  /// The meaning of the code in a few words.
  public let title: String
  /// A few sentences on what is wrong and what to do.
  public let meaning: String
  /// An example of the error and of the fix.
  public let example: Example
  /// The models that the example needs, where it does not use the one in `Examples`; nil where it
  /// does.
  public let premise: String?

  /// An example of a recipe, or of a part of one.
  public enum Example: Sendable {
    /// A recipe that gets the code, and the same one corrected; both are run in the folder
    /// `Examples`, or in a folder with the models of the premise.
    case recipes(wrong: String, right: String)
    /// No example, because the text of a recipe alone does not cause the error.
    case none(because: String)
  }

  /// Makes an explanation with an example.
  public init(
    _ title: String,
    _ meaning: String,
    given premise: String? = nil,
    wrong: String,
    right: String
  ) {
    self.title = title
    self.meaning = meaning
    self.premise = premise
    example = .recipes(wrong: wrong, right: right)
  }

  /// Makes an explanation of an error that no recipe can show.
  public init(_ title: String, _ meaning: String, noExampleBecause reason: String) {
    self.title = title
    self.meaning = meaning
    premise = nil
    example = .none(because: reason)
  }

  /// The explanation of a code as lines, safe for a terminal.
  public func lines(for code: String) -> [String] {
    var lines = ["\(code): \(title)", ""] + meaning.split(separator: "\n").map(String.init)
    switch example {
    case .recipes(let wrong, let right):
      if let premise { lines += [""] + premise.split(separator: "\n").map(String.init) }
      lines += ["", "wrong:", ""] + Self.indented(wrong)
      lines += ["", "right:", ""] + Self.indented(right)
    case .none(let reason): lines += ["", "There is no example: \(reason)."]
    }
    return lines
  }

  private static func indented(_ recipe: String) -> [String] {
    recipe.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.isEmpty ? "" : "  " + String($0).printable
    }
  }
}
