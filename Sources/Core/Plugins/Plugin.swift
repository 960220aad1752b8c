import BillhookEngine
import BillhookFiles

/// Something that a recipe can name: a struct whose stored properties are its parameters.
///
/// The defaults are the properties' initial values; `parameters` gives each a name, a range and a
/// help text, once. Validation, suggestions, `billhook explain` and the docs come from there.
public protocol Plugin: Sendable {
  /// The name in recipes: lower case, with underscores.
  static var name: String { get }
  /// What it does, in one sentence.
  static var summary: String { get }
  /// Its parameters.
  static var parameters: [Parameter<Self>] { get }
  /// Where it was published; nil, the default, for what was not.
  static var reference: Reference? { get }
  /// What the example on its page has in its braces; nil, the default, for its first setting.
  static var exampleSettings: String? { get }
  /// Which kind of plugin it is; the protocol of each kind defines this.
  static var kind: PluginKind { get }

  /// The plugin with its default parameters.
  init()

  /// Checks what no single parameter's range can say.
  ///
  /// - Throws: `ParameterProblem`.
  func validate() throws(ParameterProblem)
}

extension Plugin {
  /// No parameters.
  public static var parameters: [Parameter<Self>] { [] }

  /// Not published.
  public static var reference: Reference? { nil }

  /// The first setting with its default value.
  public static var exampleSettings: String? { nil }

  /// Nothing to check.
  public func validate() throws(ParameterProblem) {}

  /// Name and parameters in one line: equal for two plugins exactly when they are set the same.
  public var signature: String { signature { _ in true } }

  /// Name and parameters in one line, without those that change nothing in the result.
  package var resultSignature: String { signature(where: \.isPartOfResult) }

  /// Name and parameters with their types, without those that change nothing in the result.
  ///
  /// Text for people does not distinguish a setting that is left out from the word `none`.
  package var keyPart: JSON { keyPart(of: Self.parameters.filter(\.isPartOfResult)) }

  /// Name and all parameters with their types: equal for two plugins exactly when they are set the
  /// same.
  var identity: String { keyPart(of: Self.parameters).text(indent: nil) }

  private func keyPart(of parameters: [Parameter<Self>]) -> JSON {
    [
      "plugin": .string(Self.name),
      "settings": .object(
        parameters.map { JSON.Member(key: $0.name, value: $0.keyPart(of: self)) }
      ),
    ]
  }

  /// Name and parameters in one line, without those that have their default values.
  package var shortSignature: String {
    let fresh = Self()
    return signature { $0.setting(of: self) != $0.setting(of: fresh) }
  }

  /// The parameters that are set, and how a recipe writes each.
  package var settings: [(name: String, text: String)] {
    Self.parameters.compactMap { parameter in
      parameter.setting(of: self).map { (parameter.name, $0) }
    }
  }

  private func signature(where isShown: (Parameter<Self>) -> Bool) -> String {
    let settings = Self.parameters.filter(isShown).compactMap { $0.setting(of: self) }
    return settings.isEmpty ? Self.name : "\(Self.name) { \(settings.joined(separator: ", ")) }"
  }
}
