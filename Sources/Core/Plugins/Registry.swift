/// The plugins that recipes can name; a value that is built from a list and passed along.
public struct Registry: Sendable {
  private let plugins: [Key: any Plugin.Type]

  private struct Key: Hashable {
    let kind: PluginKind
    let name: String
  }

  /// Registers plugins.
  ///
  /// - Throws: `RegistryError` when two have one kind and name, or one contradicts itself.
  public init(_ list: [any Plugin.Type]) throws(RegistryError) {
    var plugins: [Key: any Plugin.Type] = [:]
    for type in list {
      let key = Key(kind: type.kind, name: type.name)
      if let other = plugins[key] {
        throw RegistryError(
          "two plugins are named `\(type.name)` as \(type.kind.rawValue): "
            + "\(String(reflecting: other)) and \(String(reflecting: type)); rename one"
        )
      }
      try Self.check(type)
      plugins[key] = type
    }
    self.plugins = plugins
  }

  /// The plugin with this kind and name; nil when there is none.
  public func plugin(_ kind: PluginKind, named name: String) -> (any Plugin.Type)? {
    plugins[Key(kind: kind, name: name)]
  }

  /// The names of a kind's plugins, sorted.
  public func names(of kind: PluginKind) -> [String] {
    plugins.keys.filter { $0.kind == kind }.map(\.name).sorted()
  }

  /// The kinds in which a name is taken.
  public func kinds(having name: String) -> [PluginKind] {
    PluginKind.allCases.filter { plugins[Key(kind: $0, name: name)] != nil }
  }

  private static func check<P: Plugin>(_ type: P.Type) throws(RegistryError) {
    let origin = String(reflecting: type)
    let isName = { (name: String) in
      name.first?.isLetter == true
        && name.allSatisfy {
          $0.isASCII && ($0.isLetter && $0.isLowercase || $0.isNumber || $0 == "_")
        }
    }
    guard isName(P.name) else {
      throw RegistryError("\(origin): `\(P.name)` is no name: use a-z, 0-9 and _")
    }
    var seen: Set<String> = []
    for parameter in P.parameters {
      guard isName(parameter.name), seen.insert(parameter.name).inserted else {
        throw RegistryError(
          "\(origin): the parameter `\(parameter.name)` is misnamed or declared twice"
        )
      }
      guard parameter.isArgument || parameter.permitsDefault(of: P()) else {
        throw RegistryError(
          "\(origin): the default of `\(parameter.name)` is \(parameter.value(of: P())), "
            + "outside its own range, \(parameter.range ?? parameter.expectation)"
        )
      }
    }
  }
}

/// Why a list of plugins cannot be registered.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, and with which plugins.
  public let description: String

  init(_ description: String) { self.description = description }
}
