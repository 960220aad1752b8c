// What can be wrong with numbers, strings and variables.

extension Explanation {
  static let malformedNumber = Explanation(
    "text that starts like a number but is not one",
    """
    Numbers are written `6`, `-0.5`, `1e-4` or `64_000`; with `%` or a unit glued on, as in `20%`
    and `4GB`; or as a ratio, `2:4`. An underscore has to be between two digits.
    A fraction such as `1/4` is written as a percentage, `25%`, or as a decimal, `0.25`.
    """,
    wrong: "let cut = 1.2.3",
    right: "let cut = 1.2"
  )

  static let lackingZero = Explanation(
    "a fraction without a digit before its point",
    "Write the zero: a point alone is easily overlooked.",
    wrong: "let share = .25",
    right: "let share = 0.25"
  )

  static let numberTooLarge = Explanation(
    "a number beyond what can be computed with",
    "Numbers reach to about 1.8e308, those of a ratio to about 9.2e18.",
    wrong: "let cut = 1e400",
    right: "let cut = 1e4"
  )

  static let openString = Explanation(
    "a string without its closing quote",
    """
    A string ends on the line that it starts on. A line end inside it is written `\\n`, a quote
    `\\"`.
    """,
    wrong: "model \"Models/tiny",
    right: "model \"Models/tiny\""
  )

  static let unknownEscape = Explanation(
    "a backslash before a character that needs none",
    """
    The escapes in a string are `\\"`, `\\\\`, `\\n` and `\\t`. A backslash itself is written
    twice.
    """,
    wrong: "save \"out\\small\"",
    right: "save \"out\\\\small\""
  )

  static let strayDollar = Explanation(
    "a `$` in a string that starts no variable",
    """
    In a string `$name` and `${name}` stand for the value that `let name = …` gave. A dollar sign is
    written `$$`.
    """,
    wrong: "save \"out/5$\"",
    right: "save \"out/5$$\""
  )

  static let openInterpolation = Explanation(
    "a `${` in a string that names no variable",
    "`${` is followed by the name of a variable and `}`. A dollar sign itself is written `$$`.",
    wrong: "save \"out/${cut\"",
    right: "save \"out/${cut}\""
  )

  static let missingVariableName = Explanation(
    "a `$` without a name",
    "`$name` stands for the value that `let name = …` gave; a name starts with a letter or `_`.",
    wrong: "prune block { remove $5 }",
    right: "prune block { remove 5 }"
  )

  static let bracedVariable = Explanation(
    "`${name}` outside a string",
    """
    Braces mark the end of a name in a string. Outside strings they are not needed, and the name is
    written `$name`.
    """,
    wrong: "prune block { remove ${cut} }",
    right: "prune block { remove $cut }"
  )

  static let rangeOutsideList = Explanation(
    "a range outside a list",
    "A range stands for the numbers from one to another, and so has to be in a list.",
    wrong: "prune block { remove 24..27 }",
    right: "prune block { remove [24..27] }"
  )

  static let badRange = Explanation(
    "a range whose ends are not numbers",
    "A range goes from one number to another, both of them included; variables may hold them.",
    wrong: "let blocks = [1..last]",
    right: "let blocks = [1..12]"
  )

  static let tooManyDots = Explanation(
    "a range with more than two dots",
    "A range is written with two dots, and holds both of its ends.",
    wrong: "let blocks = [24...27]",
    right: "let blocks = [24..27]"
  )
}
