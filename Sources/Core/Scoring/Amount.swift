import BillhookFiles
public import BillhookRecipe

/// How much a removal takes away.
///
/// Percentages and numbers mean the model as it was opened.
public enum Amount: Sendable, Equatable, CustomStringConvertible {
  /// A number of units.
  case units(Int)
  /// A share of the units, in hundredths: the nearest whole number of them, halves up.
  case percentOfUnits(Number)
  /// A share of all parameters, in hundredths.
  case percentOfParameters(Number)
  /// As many as leave this number of units.
  case downToUnits(Int)
  /// As many as leave this number of parameters in the model.
  case downToParameters(Number, unit: String)
  /// A share of the memory of the model as it was opened, in hundredths: at least that much goes.
  case percentOfMemory(Number, CacheLoad)
  /// As many as leave at most so many bytes of weights, keys and values.
  case downToMemory(Number, unit: String, CacheLoad)
  /// Exactly the units with these numbers.
  case exactly([Int])

  /// The amount as a recipe writes it.
  public var description: String {
    switch self {
    case .units(let count): "remove \(count)"
    case .percentOfUnits(let share): "remove \(share.text)%"
    case .percentOfParameters(let share): "remove \(share.text)% of parameters"
    case .downToUnits(let count): "down to \(count)"
    case .downToParameters(let count, let unit): "down to \(count.text)\(unit) parameters"
    case .percentOfMemory(let share, let load): "remove \(share.text)% of memory \(load.text)"
    case .downToMemory(let size, let unit, let load): "down to \(size.text)\(unit) \(load.text)"
    case .exactly(let numbers): "remove [\(numbers.map(String.init).joined(separator: ", "))]"
    }
  }

  /// The texts of an amount of memory; nil for another.
  package var cacheLoad: CacheLoad? {
    switch self {
    case .percentOfMemory(_, let load), .downToMemory(_, _, let load): load
    default: nil
    }
  }

  /// The amount with its kind, for keys.
  package var keyPart: JSON {
    switch self {
    case .units(let count): ["units": count.keyPart]
    case .percentOfUnits(let share): ["percent_of_units": .string(share.text)]
    case .percentOfParameters(let share): ["percent_of_parameters": .string(share.text)]
    case .downToUnits(let count): ["down_to_units": count.keyPart]
    case .downToParameters(let count, let unit):
      ["down_to_parameters": [.string(count.text), .string(unit)]]
    case .percentOfMemory(let share, let load):
      ["percent_of_memory": .array([.string(share.text)] + load.keyParts)]
    case .downToMemory(let size, let unit, let load):
      ["down_to_memory": .array([.string(size.text), .string(unit)] + load.keyParts)]
    case .exactly(let numbers): ["exactly": numbers.keyPart]
    }
  }

  /// The suffixes that numbers of parameters can carry, with their factors.
  public static let parameterUnits: [String: Double] = ["": 1, "K": 1e3, "M": 1e6, "B": 1e9]
}
