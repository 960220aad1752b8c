/// One parameter of a plugin: its name, range and help; type and default come from the property.
public struct Parameter<Root>: Sendable {
  /// The name in recipes.
  public let name: String
  /// What it does, with its unit.
  public let help: String
  /// What a recipe has to write.
  public let expectation: String
  /// The permitted range, for messages; nil when every value of the type is permitted.
  public let range: String?
  /// Whether the value stands behind the plugin's name instead of in its braces.
  public let isArgument: Bool
  /// Whether the value is a file that has to exist.
  public let isFile: Bool

  private let set: @Sendable (inout Root, Literal) -> Bool
  private let get: @Sendable (Root) -> String
  private let permitsCurrent: @Sendable (Root) -> Bool
  private let file: @Sendable (Root) -> String?
  private let setFile: @Sendable (inout Root, String) -> Void

  /// A parameter whose every value is permitted.
  public init<Value: ParameterValue>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    help: String
  ) {
    self.init(name, path, range: nil, isArgument: false, help: help) { _ in true }
  }

  /// A parameter whose values lie in a range.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    in range: ClosedRange<Value>,
    help: String
  ) {
    let text = "\(range.lowerBound.literalText) to \(range.upperBound.literalText)"
    self.init(name, path, range: text, isArgument: false, help: help) { range.contains($0) }
  }

  /// A parameter whose values have a lower bound.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    in range: PartialRangeFrom<Value>,
    help: String
  ) {
    let text = "\(range.lowerBound.literalText) or more"
    self.init(name, path, range: text, isArgument: false, help: help) { range.contains($0) }
  }

  /// A parameter that may be left out, with a lower bound where it is not.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value?> & Sendable,
    in range: PartialRangeFrom<Value>,
    help: String
  ) {
    let text = "\(range.lowerBound.literalText) or more"
    self.init(name, path, range: text, isArgument: false, help: help) {
      $0.map { range.contains($0) } ?? true
    }
  }

  /// The value behind the plugin's name, which a recipe must give: `text "file.txt"`.
  public static func argument<Value: ParameterValue>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    help: String
  ) -> Parameter {
    Parameter(name, path, range: nil, isArgument: true, help: help) { _ in true }
  }

  private init<Value: ParameterValue>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    range: String?,
    isArgument: Bool,
    help: String,
    permits: @escaping @Sendable (Value) -> Bool
  ) {
    self.name = name
    self.help = help
    self.range = range
    self.isArgument = isArgument
    expectation = Value.expectation
    set = { root, literal in
      guard let value = Value(literal), permits(value) else { return false }
      root[keyPath: path] = value
      return true
    }
    get = { $0[keyPath: path].literalText }
    permitsCurrent = { permits($0[keyPath: path]) }
    isFile = Value.self == InputFile.self
    file = { ($0[keyPath: path] as? InputFile)?.path }
    setFile = { root, new in
      if let file = InputFile(new) as? Value { root[keyPath: path] = file }
    }
  }

  /// What a recipe may write, with the range: for messages.
  public var permitted: String { range.map { "\(expectation) from \($0)" } ?? expectation }

  /// The value of a plugin's parameter as a recipe writes it.
  public func value(of root: Root) -> String { get(root) }

  /// Sets the parameter; false when the literal is of another type or out of range.
  func assign(_ literal: Literal, to root: inout Root) -> Bool { set(&root, literal) }

  /// Whether the value that a fresh plugin has lies in the parameter's own range.
  func permitsDefault(of root: Root) -> Bool { permitsCurrent(root) }

  /// The path of the file that the parameter names; nil when it is no file.
  func filePath(of root: Root) -> String? { file(root) }

  /// Replaces the path of the file that the parameter names.
  func setFilePath(_ path: String, of root: inout Root) { setFile(&root, path) }
}
