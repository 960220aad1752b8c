/// The filters that are understood.
enum Filter: String, CaseIterable, Sendable {
  case abs
  case capitalize
  case count
  case d
  case `default`
  case dictsort
  case first
  case float
  case indent
  case int
  case items
  case join
  case last
  case length
  case list
  case lower
  case map
  case max
  case min
  case reject
  case rejectattr
  case replace
  case reverse
  case round
  case safe
  case select
  case selectattr
  case sort
  case string
  case sum
  case title
  case tojson
  case trim
  case unique
  case upper
}

/// The tests that are understood, as `value is test`.
enum Test: String, CaseIterable, Sendable {
  case boolean
  case callable
  case defined
  case divisibleby
  case eq
  case equalto
  case even
  case `false`
  case float
  case ge
  case gt
  case `in`
  case integer
  case iterable
  case le
  case lower
  case lt
  case mapping
  case ne
  case none
  case number
  case odd
  case sameas
  case sequence
  case string
  case `true`
  case undefined
  case upper

  /// The test of a name or an operator.
  init?(named name: String) {
    switch name {
    case "==": self = .eq
    case "!=": self = .ne
    case "<", "lessthan": self = .lt
    case "<=": self = .le
    case ">", "greaterthan": self = .gt
    case ">=": self = .ge
    default: self.init(rawValue: name)
    }
  }
}

extension Rendering {
  /// Whether a test holds for a value.
  func holds(_ test: Test, of value: Value, _ given: Given) throws(JinjaError) -> Bool {
    switch test {
    case .divisibleby, .eq, .equalto, .ge, .gt, .in, .le, .lt, .ne, .sameas: try given.only("other")
    default: try given.only()
    }
    func compared(_ operation: String) throws(JinjaError) -> Bool {
      try compare(value, operation, given.required(0, "other"), given.place)
    }
    switch test {
    case .defined: return !value.isUndefined
    case .undefined: return value.isUndefined
    case .none: if case .none = value { return true }
    case .boolean: if case .bool = value { return true }
    case .true: if case .bool(true) = value { return true }
    case .false: if case .bool(false) = value { return true }
    case .integer: if case .integer = value { return true }
    case .float: if case .float = value { return true }
    case .number: return value.number != nil
    case .string: if case .string = value { return true }
    case .mapping: if case .dictionary = value { return true }
    case .callable:
      switch value {
      case .function, .macro, .method: return true
      default: return false
      }
    case .iterable:
      if case .loop = value { return true }
      return Self.hasElements(value)
    case .sequence: return Self.hasElements(value)
    case .even, .odd, .divisibleby:
      let divisor = test == .divisibleby ? try given.required(0, "other") : .integer(2)
      let rest = try combine(value, "%", divisor, given.place)
      return rest.equals(.integer(test == .odd ? 1 : 0))
    case .eq, .equalto: return try compared("==")
    case .ne: return try compared("!=")
    case .lt: return try compared("<")
    case .le: return try compared("<=")
    case .gt: return try compared(">")
    case .ge: return try compared(">=")
    case .in: return try contains(given.required(0, "other"), value, given.place)
    case .sameas:
      let other = try given.required(0, "other")
      switch (value, other) {
      case (.none, .none): return true
      case (.bool(let one), .bool(let other)): return one == other
      case (.none, _), (_, .none), (.bool, _), (_, .bool): return false
      default:
        throw JinjaError(
          .template,
          "`sameas` is understood for `none` and truth values only, found \(value.phrase)",
          at: given.place
        )
      }
    case .lower: return value.text.isLowercase
    case .upper: return value.text.isUppercase
    }
    return false
  }

  private static func hasElements(_ value: Value) -> Bool {
    switch value {
    case .string, .list, .tuple, .dictionary, .undefined: true
    default: false
    }
  }
}

extension String {
  /// Python's `str.islower`.
  var isLowercase: Bool {
    unicodeScalars.contains { $0.properties.isLowercase }
      && !unicodeScalars.contains {
        $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter
      }
  }

  /// Python's `str.isupper`.
  var isUppercase: Bool {
    unicodeScalars.contains { $0.properties.isUppercase }
      && !unicodeScalars.contains {
        $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter
      }
  }
}
