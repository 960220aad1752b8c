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
          "two plugins are named `\(type.name)` as \(type.kind.noun): "
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

  /// The name of the format that `save` means when it names none.
  package var defaultFormat: String? {
    names(of: .format).first { name in
      (plugin(.format, named: name) as? any Format.Type)?.isDefault == true
    }
  }

  /// The kinds in which a name is taken.
  public func kinds(having name: String) -> [PluginKind] {
    PluginKind.allCases.filter { plugins[Key(kind: $0, name: name)] != nil }
  }

  /// Whether a plugin can have this name in recipes.
  package static func isPluginName(_ name: String) -> Bool {
    isName(name) && !["on", "true", "false"].contains(name)
  }

  private static func check<P: Plugin>(_ type: P.Type) throws(RegistryError) {
    let origin = String(reflecting: type)
    guard isPluginName(P.name) else {
      throw RegistryError(
        "\(origin): `\(P.name)` cannot be the name of a plugin: use a-z, 0-9 and _"
      )
    }
    guard P.kind.admits(type) else {
      throw RegistryError("\(origin): is not \(P.kind.phrase), though its `kind` says so")
    }
    var seen: Set<String> = []
    let shared = PluginDescription.sharedSettings(of: P())
    for parameter in P.parameters {
      guard isName(parameter.name) else {
        throw RegistryError("\(origin): the parameter `\(parameter.name)` needs a-z, 0-9 and _")
      }
      guard seen.insert(parameter.name).inserted else {
        throw RegistryError("\(origin): the parameter `\(parameter.name)` is declared twice")
      }
      guard !shared.contains(where: { $0.name == parameter.name }) else {
        throw RegistryError(
          "\(origin): the parameter `\(parameter.name)` has the name of a setting that every "
            + "\(P.kind.noun) has; rename it"
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

  private static func isName(_ name: String) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = name.utf8.first, letters.contains(first) else { return false }
    return name.utf8.allSatisfy {
      letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
    }
  }
}

extension PluginKind {
  /// Whether a type conforms to the protocol of this kind.
  fileprivate func admits(_ type: any Plugin.Type) -> Bool {
    switch self {
    case .unit: type is any PruningUnit.Type || type is any SparseUnit.Type
    // A criterion that is none of these could not be asked for scores.
    case .criterion:
      type is any SaliencyCriterion.Type || type is any InputCriterion.Type
        || type is any DirectCriterion.Type || type is any UpdateCriterion.Type
    case .evidence: type is any Evidence.Type
    case .allocation: type is any Allocation.Type
    case .search: type is any Search.Type
    case .refiner: type is any Refiner.Type
    case .repair: type is any Repair.Type
    case .quantiser: type is any Quantiser.Type
    case .recovery: type is any Recovery.Type
    case .data: type is any DataSource.Type
    case .evaluation: type is any Evaluation.Type
    case .format: type is any Format.Type
    }
  }
}

/// Why a list of plugins cannot be registered.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, and with which plugins.
  public let description: String

  init(_ description: String) { self.description = description }
}
