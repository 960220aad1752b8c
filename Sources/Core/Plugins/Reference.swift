/// Where a method was published, what it computes, and which choices were open.
///
/// `billhook explain` and the page about the plugin show it.
public struct Reference: Sendable, Equatable {
  /// The formula in plain text: a line for each part of it, then what the symbols mean.
  public let formula: String
  /// The papers, first the one that the plugin follows.
  public let papers: [Paper]
  /// Where the paper and its authors' code differ, or say too little, and what the plugin does; a
  /// sentence or two each.
  public let differences: [String]

  /// Describes a published method.
  ///
  /// - Parameters:
  ///   - formula: The formula, in lines of at most 76 characters.
  ///   - papers: The papers, first the one that the plugin follows.
  ///   - differences: Where sources differ, and what the plugin does.
  public init(formula: String, papers: [Paper], differences: [String] = []) {
    self.formula = formula
    self.papers = papers
    self.differences = differences
  }

  /// A paper, or a part of one.
  public struct Paper: Sendable, Equatable {
    /// The first author, or all authors.
    public let authors: String
    /// The title, or the short name that the method goes by.
    public let title: String
    /// The year of the first version.
    public let year: Int
    /// The number at arxiv.org.
    public let arXiv: String
    /// The section or equations; nil for all of it.
    public let part: String?

    /// Names a paper.
    public init(
      _ authors: String,
      _ title: String,
      _ year: Int,
      arXiv: String,
      part: String? = nil
    ) {
      self.authors = authors
      self.title = title
      self.year = year
      self.arXiv = arXiv
      self.part = part
    }

    /// A part of the paper, such as `section 3.2`.
    public func part(_ part: String) -> Paper {
      Paper(authors, title, year, arXiv: arXiv, part: part)
    }

    /// The paper in one line.
    public var text: String {
      "\(authors), \(title), \(year), arXiv \(arXiv)" + (part.map { ", \($0)" } ?? "")
    }
  }
}
