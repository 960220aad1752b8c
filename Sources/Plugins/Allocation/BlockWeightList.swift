import BillhookCore

/// A weight for each block: numbers of at least 0 in a list, or on the lines of a file.
enum BlockWeightList: ParameterValue {
  case list([Double])
  case file(InputFile)

  static var expectation: String { "a list of numbers from 0, or a file's path in quotes" }

  init?(_ literal: Literal) {
    if let file = InputFile(literal) {
      self = .file(file)
    } else if let list = [Double](literal), list.allSatisfy({ $0 >= 0 && $0.isFinite }),
      !list.isEmpty
    {
      self = .list(list)
    } else {
      return nil
    }
  }

  var literalText: String {
    switch self {
    case .list(let list): list.literalText
    case .file(let file): file.literalText
    }
  }

  var keyPart: JSON {
    switch self {
    case .list(let list): list.keyPart
    case .file(let file): file.keyPart
    }
  }

  var files: [InputFile] {
    if case .file(let file) = self { [file] } else { [] }
  }

  func replacingFiles(_ change: (InputFile) -> InputFile) -> BlockWeightList {
    if case .file(let file) = self { .file(change(file)) } else { self }
  }

  /// The weights, read from the file where they are in one.
  ///
  /// - Throws: `DataError` when the file cannot be read, or a line is not a number of at least 0.
  func values() throws -> [Double] {
    switch self {
    case .list(let list): return list
    case .file(let file):
      let lines = try TextReader.text(file.path).split(
        omittingEmptySubsequences: false,
        whereSeparator: \.isNewline
      )
      return try lines.enumerated().compactMap { number, line in
        let words = line.split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return nil }
        guard words.count == 1, let value = Double(words[0]), value >= 0, value.isFinite else {
          throw DataError("\(file.name): line \(number + 1): expected a number from 0")
        }
        return value
      }
    }
  }
}
