/// What `billhook explain` tells about the code of a diagnostic.
public struct Explanation: Sendable {
  /// What the code stands for, in a few words.
  public let title: String
  /// What it means and what to do, in a few sentences.
  public let meaning: String
  /// How it comes about, and how it goes away.
  public let example: Example
  /// Which models an example is about where it is not about the one in `Examples`; nil where it is.
  public let premise: String?

  /// Recipes, or parts of them, that stand for many.
  public enum Example: Sendable {
    /// One that gets the code, and the same one mended; both start from the folder `Examples`, or
    /// from a folder with the models of the premise.
    case recipes(wrong: String, right: String)
    /// None, because the text of a recipe alone does not make it.
    case none(because: String)
  }

  /// Explains by recipes.
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

  /// Explains what no recipe can show.
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
