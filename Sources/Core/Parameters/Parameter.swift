import BillhookFiles
package import BillhookModels

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
  /// Whether the value follows the plugin's name instead of standing in its braces.
  public let isArgument: Bool
  /// What a recipe may write, with the range: for messages.
  public let permitted: String
  /// The words that can be the value; empty where it is no choice of words.
  public let choices: [String]
  /// Whether a different value gives a different result; false where it only says how the result is
  /// reached, or where something else is written.
  public private(set) var isPartOfResult = true

  private let set: @Sendable (inout Root, Literal) -> Bool
  private let get: @Sendable (Root) -> String
  private let getKeyPart: @Sendable (Root) -> JSON
  private let isSet: @Sendable (Root) -> Bool
  private let permitsCurrent: @Sendable (Root) -> Bool
  private let getFiles: @Sendable (Root) -> [InputFile]
  private let setFiles: @Sendable (inout Root, (String) -> String) -> Void
  private let getMissing: @Sendable (Root, LanguageModel) -> String?

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
    self.init(name, path, range: Bounds(range), isArgument: false, help: help) {
      range.contains($0)
    }
  }

  /// A parameter whose values have a lower bound.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value> & Sendable,
    in range: PartialRangeFrom<Value>,
    help: String
  ) {
    self.init(name, path, range: Bounds(range), isArgument: false, help: help) {
      range.contains($0)
    }
  }

  /// An optional parameter whose value, when given, lies in a range.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value?> & Sendable,
    in range: ClosedRange<Value>,
    help: String
  ) {
    self.init(name, path, range: Bounds(range), isArgument: false, help: help) {
      $0.map { range.contains($0) } ?? true
    }
  }

  /// An optional parameter whose value, when given, has a lower bound.
  public init<Value: ParameterValue & Comparable>(
    _ name: String,
    _ path: any WritableKeyPath<Root, Value?> & Sendable,
    in range: PartialRangeFrom<Value>,
    help: String
  ) {
    self.init(name, path, range: Bounds(range), isArgument: false, help: help) {
      $0.map { range.contains($0) } ?? true
    }
  }

  /// The value after the plugin's name, which a recipe must give: `text "file.txt"`.
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
    range: Bounds?,
    isArgument: Bool,
    help: String,
    permits: @escaping @Sendable (Value) -> Bool
  ) {
    self.name = name
    self.help = help
    self.range = range?.text
    self.isArgument = isArgument
    expectation = Value.expectation
    permitted = Value.expectation + (range?.suffix ?? "")
    choices = Value.choices
    set = { root, literal in
      guard let value = Value(literal), permits(value) else { return false }
      root[keyPath: path] = value
      return true
    }
    get = { $0[keyPath: path].literalText }
    getKeyPart = { $0[keyPath: path].keyPart }
    isSet = { !$0[keyPath: path].isLeftOut }
    permitsCurrent = { permits($0[keyPath: path]) }
    getFiles = { $0[keyPath: path].files }
    setFiles = { root, change in
      root[keyPath: path] = root[keyPath: path].replacingFiles {
        InputFile($0.name, at: change($0.path), kind: $0.kind)
      }
    }
    getMissing = { $0[keyPath: path].missing(in: $1) }
  }

  /// The same parameter, marked as having no effect on the result.
  public func withoutEffect() -> Parameter {
    var parameter = self
    parameter.isPartOfResult = false
    return parameter
  }

  /// The same parameter of something that has this parameter's owner as a property.
  func lifted<Outer>(
    to path: any WritableKeyPath<Outer, Root> & Sendable
  ) -> Parameter<Outer> {
    var parameter = Parameter<Outer>(
      name: name,
      help: help,
      expectation: expectation,
      range: range,
      isArgument: isArgument,
      permitted: permitted,
      choices: choices,
      set: { [set] in set(&$0[keyPath: path], $1) },
      get: { [get] in get($0[keyPath: path]) },
      getKeyPart: { [getKeyPart] in getKeyPart($0[keyPath: path]) },
      isSet: { [isSet] in isSet($0[keyPath: path]) },
      permitsCurrent: { [permitsCurrent] in permitsCurrent($0[keyPath: path]) },
      getFiles: { [getFiles] in getFiles($0[keyPath: path]) },
      setFiles: { [setFiles] in setFiles(&$0[keyPath: path], $1) },
      getMissing: { [getMissing] in getMissing($0[keyPath: path], $1) }
    )
    parameter.isPartOfResult = isPartOfResult
    return parameter
  }

  private init(
    name: String,
    help: String,
    expectation: String,
    range: String?,
    isArgument: Bool,
    permitted: String,
    choices: [String],
    set: @escaping @Sendable (inout Root, Literal) -> Bool,
    get: @escaping @Sendable (Root) -> String,
    getKeyPart: @escaping @Sendable (Root) -> JSON,
    isSet: @escaping @Sendable (Root) -> Bool,
    permitsCurrent: @escaping @Sendable (Root) -> Bool,
    getFiles: @escaping @Sendable (Root) -> [InputFile],
    setFiles: @escaping @Sendable (inout Root, (String) -> String) -> Void,
    getMissing: @escaping @Sendable (Root, LanguageModel) -> String?
  ) {
    self.name = name
    self.help = help
    self.expectation = expectation
    self.range = range
    self.isArgument = isArgument
    self.permitted = permitted
    self.choices = choices
    self.set = set
    self.get = get
    self.getKeyPart = getKeyPart
    self.isSet = isSet
    self.permitsCurrent = permitsCurrent
    self.getFiles = getFiles
    self.setFiles = setFiles
    self.getMissing = getMissing
  }

  /// The value of a plugin's parameter as a recipe writes it, or `none` where it is left out.
  public func value(of root: Root) -> String { get(root) }

  /// The value with its type, for keys; null where it is left out.
  func keyPart(of root: Root) -> JSON { getKeyPart(root) }

  /// The setting as a recipe writes it; nil where it is left out.
  func setting(of root: Root) -> String? { isSet(root) ? "\(name) = \(get(root))" : nil }

  /// Sets the parameter; false when the literal is of another type or out of range.
  package func assign(_ literal: Literal, to root: inout Root) -> Bool { set(&root, literal) }

  /// Whether the plugin's default value lies in the parameter's own range.
  func permitsDefault(of root: Root) -> Bool { permitsCurrent(root) }

  /// The files that the parameter names.
  package func files(of root: Root) -> [InputFile] { getFiles(root) }

  /// What the parameter names that a model does not have, in words; nil where it has everything.
  package func missing(in model: LanguageModel, for root: Root) -> String? {
    getMissing(root, model)
  }

  /// Replaces the paths of the files that the parameter names.
  package func changeFiles(of root: inout Root, _ change: (String) -> String) {
    setFiles(&root, change)
  }
}

/// A range in words.
private struct Bounds {
  let text: String
  /// What the range adds to `expectation`.
  let suffix: String

  init<Value: ParameterValue>(_ range: ClosedRange<Value>) {
    text = "\(range.lowerBound.literalText) to \(range.upperBound.literalText)"
    suffix = " from \(text)"
  }

  init<Value: ParameterValue>(_ range: PartialRangeFrom<Value>) {
    text = "\(range.lowerBound.literalText) or more"
    suffix = ", \(text)"
  }
}
