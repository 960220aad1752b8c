/// The kinds of characters that split patterns distinguish: general categories, with space as one
/// of them.
struct ScalarKinds: OptionSet, Sendable {
  let rawValue: UInt16

  static let uppercaseLetters = Self(rawValue: 1 << 0)
  static let lowercaseLetters = Self(rawValue: 1 << 1)
  static let titlecaseLetters = Self(rawValue: 1 << 2)
  static let modifierLetters = Self(rawValue: 1 << 3)
  static let otherLetters = Self(rawValue: 1 << 4)
  static let marks = Self(rawValue: 1 << 5)
  static let decimalNumbers = Self(rawValue: 1 << 6)
  static let otherNumbers = Self(rawValue: 1 << 7)
  static let punctuation = Self(rawValue: 1 << 8)
  static let symbols = Self(rawValue: 1 << 9)
  /// Characters with the property White_Space, which no other kind here includes.
  static let space = Self(rawValue: 1 << 10)
  /// Control and format characters, and unassigned code points.
  static let rest = Self(rawValue: 1 << 11)

  static let letters: Self = [
    .uppercaseLetters, .lowercaseLetters, .titlecaseLetters, .modifierLetters, .otherLetters,
  ]
  static let numbers: Self = [.decimalNumbers, .otherNumbers]
  static let all: Self = [.letters, .marks, .numbers, .punctuation, .symbols, .space, .rest]

  /// The kinds by the names that `\p{…}` gives them.
  static let named: [String: ScalarKinds] = [
    "L": .letters, "Lu": .uppercaseLetters, "Ll": .lowercaseLetters, "Lt": .titlecaseLetters,
    "Lm": .modifierLetters, "Lo": .otherLetters, "M": .marks, "N": .numbers,
    "Nd": .decimalNumbers, "P": .punctuation, "S": .symbols,
  ]
}

extension ScalarKinds {
  /// The version of Unicode that the `tokenizers` library knows.
  ///
  /// Characters of later versions are unassigned there, and so they have to be here, whichever
  /// version this system knows.
  private static let version: Unicode.Version = (major: 16, minor: 0)

  /// The one kind that a character belongs to.
  init(_ scalar: Unicode.Scalar) {
    if let age = scalar.properties.age, age > Self.version {
      self = .rest
      return
    }
    self =
      switch scalar.properties.generalCategory {
      case .uppercaseLetter: .uppercaseLetters
      case .lowercaseLetter: .lowercaseLetters
      case .titlecaseLetter: .titlecaseLetters
      case .modifierLetter: .modifierLetters
      case .otherLetter: .otherLetters
      case .nonspacingMark, .spacingMark, .enclosingMark: .marks
      case .decimalNumber: .decimalNumbers
      case .letterNumber, .otherNumber: .otherNumbers
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
        .initialPunctuation, .finalPunctuation, .otherPunctuation:
        .punctuation
      case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbols
      default: scalar.properties.isWhitespace ? .space : .rest
      }
  }

  /// The kinds of the first 65,536 code points, looked up once.
  private static let table: [ScalarKinds] = (0..<0x10000).map { value in
    Unicode.Scalar(value).map(ScalarKinds.init) ?? .rest
  }

  /// The kind of a code point.
  static func of(_ value: UInt32) -> ScalarKinds {
    if value < 0x10000 { return table[Int(value)] }
    return Unicode.Scalar(value).map(ScalarKinds.init) ?? .rest
  }
}
