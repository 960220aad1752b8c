/// A text as another language writes it, so that it means that text there and nothing is executed.
enum Quoted {
  /// A string of Swift.
  static func swift(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _
      where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
        || scalar.properties.generalCategory == .format:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A word of a POSIX shell.
  static func shell(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
  }

  /// A word of a POSIX shell where it needs no quotes, else as `shell`; for people to copy.
  static func shellWord(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII
          && (character.isLetter || character.isNumber || "_-./+,:@%=".contains(character))
      }
    return isPlain && !text.hasPrefix("-") ? text : shell(text)
  }

  /// The value of a variable in a Makefile that needs `hash := \#` before it.
  static func make(_ text: String) -> String {
    text.replacing("$", with: "$$").replacing("#", with: "$(hash)")
  }
}
