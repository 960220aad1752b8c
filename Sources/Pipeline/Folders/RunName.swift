package import BillhookCore

/// The name of a run's folder: its number, the clock time of its start, and the recipe's name.
///
/// Numbers rise whatever the clock says, so the run that was started last has the largest one.
/// Folders of earlier versions have none, and come before all that do.
package struct RunName: Comparable, Sendable {
  /// The name.
  package let text: String
  /// The number; 0 for none.
  package let number: Int
  /// What follows the number.
  private let rest: Substring

  /// The smallest number of digits: more than those of a year, which other names begin with.
  private static let digits = 5
  /// The largest number that is read as one.
  private static let largest = 999_999_999

  /// Reads the name of a folder.
  package init(_ text: String) {
    self.text = text
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(digits.count)
    guard digits.count >= Self.digits, rest.first == "-", let number = Int(digits),
      number <= Self.largest
    else {
      number = 0
      self.rest = text[...]
      return
    }
    self.number = number
    self.rest = rest.dropFirst()
  }

  /// The name of a run that comes after others; of long names of recipes only the first part, as names of
  /// folders have at most 255 bytes.
  ///
  /// - Parameters:
  ///   - others: The names of the folders that are there.
  ///   - time: When it is started, for people.
  ///   - recipe: The recipe's name.
  init(after others: [String], time: String, recipe: String) {
    let number = 1 + (others.map { RunName($0).number }.max() ?? 0)
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, Self.digits - digits.count))
    self.init("\(zeros)\(digits)-\(time)-\(Self.shortened(recipe))")
  }

  private static func shortened(_ recipe: String) -> String {
    var name = ""
    for character in recipe {
      guard name.utf8.count + character.utf8.count <= longestRecipe else { break }
      name.append(character)
    }
    return name
  }

  /// The most bytes of a recipe's name that are taken.
  private static let longestRecipe = 200

  /// Whether the run is of a recipe: the name ends with the recipe's, after a time of some length.
  package func isOf(_ recipe: String) -> Bool {
    let recipe = Self.shortened(recipe)
    // A time ends in a digit or a `Z`, so `b` is not taken for the recipe of a run of `a-b`.
    guard rest.hasSuffix("-\(recipe)") else { return false }
    let time = rest.dropLast(recipe.count + 1)
    return time.allSatisfy { ($0.isASCII && $0.isNumber) || "-:TZ".contains($0) }
  }

  /// Whether a run was started before another.
  package static func < (one: RunName, other: RunName) -> Bool {
    (one.number, one.text) < (other.number, other.text)
  }
}

extension WorkFolder {
  /// The names of the runs' folders, in the order in which the runs were started.
  ///
  /// - Throws: `FileError` when the folder cannot be read.
  package func runs() throws(FileError) -> [RunName] {
    let folder = "\(path)/runs"
    guard FileSystem.isDirectory(folder) else { return [] }
    return try FileSystem.names(in: folder).filter { FileSystem.isDirectory("\(folder)/\($0)") }
      .map { RunName($0) }.sorted()
  }

  /// Whether a folder is one of those in which a work folder keeps runs.
  static func holds(run folder: String) -> Bool {
    let runs = FileSystem.parent(of: FileSystem.resolved(folder))
    return runs.hasSuffix("/\(runsName)")
      && WorkFolderMarker.isSet(in: FileSystem.parent(of: runs))
  }

  /// The name for the folder of the next run.
  ///
  /// - Parameters:
  ///   - recipe: The recipe's name.
  ///   - time: The time, for people.
  /// - Returns: The name.
  /// - Throws: `FileError` when the folder cannot be read.
  package func nameOfNextRun(of recipe: String, at time: String) throws(FileError) -> String {
    RunName(after: try runs().map(\.text), time: time, recipe: recipe).text
  }
}
