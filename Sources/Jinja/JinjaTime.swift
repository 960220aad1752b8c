/// The time that a template is told when it asks for it; it never looks at the clock.
public struct JinjaTime: Sendable, Equatable {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int

  /// Makes a time; nil for one that no calendar has, or outside of the years 1 to 9999.
  public init?(
    year: Int,
    month: Int,
    day: Int,
    hour: Int = 0,
    minute: Int = 0,
    second: Int = 0
  ) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...Self.days(in: month, of: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The beginning of a day, in the form `2026-12-31`; nil for what is none.
  public init?(day text: String) {
    let bytes = Array(text.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count == 10, bytes[4] == dash, bytes[7] == dash else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      let digits = bytes[range]
      guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else {
      return nil
    }
    self.init(year: year, month: month, day: day)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  private var dayOfYear: Int { (1..<month).reduce(day) { $0 + Self.days(in: $1, of: year) } }

  /// The day of the week, 0 for Sunday (Sakamoto's rule).
  private var weekday: Int {
    let shifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
    let year = month < 3 ? self.year - 1 : self.year
    return (year + year / 4 - year / 100 + year / 400 + shifts[month - 1] + day) % 7
  }

  /// The time in the form that a format of `strftime` asks for, with English names.
  ///
  /// - Returns: The text, or the first directive that is not understood.
  func formatted(_ format: String) -> Result<String, UnknownDirective> {
    var text = ""
    var scalars = Array(format.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      guard scalar == "%" else {
        text.unicodeScalars.append(scalar)
        continue
      }
      var isBare = false
      if scalars.first == "-" {
        isBare = true
        scalars.removeFirst()
      }
      guard let directive = scalars.popFirst() else {
        return .failure(UnknownDirective(text: isBare ? "%-" : "%"))
      }
      guard let part = part(directive, isBare) else {
        return .failure(UnknownDirective(text: "%\(isBare ? "-" : "")\(directive)"))
      }
      text += part
    }
    return .success(text)
  }

  /// A directive that is not understood.
  struct UnknownDirective: Error {
    let text: String
  }

  private func part(_ directive: Unicode.Scalar, _ isBare: Bool) -> String? {
    func padded(_ number: Int, _ width: Int = 2, with filler: Character = "0") -> String {
      let digits = String(number)
      let missing = isBare ? 0 : max(0, width - digits.count)
      return String(repeating: filler, count: missing) + digits
    }
    let hour12 = hour % 12 == 0 ? 12 : hour % 12
    switch directive {
    case "d": return padded(day)
    case "e": return padded(day, with: " ")
    case "m": return padded(month)
    case "Y": return String(year)
    case "y": return padded(year % 100)
    case "B": return Self.months[month - 1]
    case "b", "h": return String(Self.months[month - 1].prefix(3))
    case "A": return Self.weekdays[weekday]
    case "a": return String(Self.weekdays[weekday].prefix(3))
    case "w": return String(weekday)
    case "u": return String(weekday == 0 ? 7 : weekday)
    case "j": return padded(dayOfYear, 3)
    case "H": return padded(hour)
    case "I": return padded(hour12)
    case "M": return padded(minute)
    case "S": return padded(second)
    case "p": return hour < 12 ? "AM" : "PM"
    case "F": return "\(Self.four(year))-\(Self.two(month))-\(Self.two(day))"
    case "D": return "\(Self.two(month))/\(Self.two(day))/\(Self.two(year % 100))"
    case "T": return "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))"
    case "R": return "\(Self.two(hour)):\(Self.two(minute))"
    case "%": return "%"
    default: return nil
    }
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

  private static func four(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
  }
}
