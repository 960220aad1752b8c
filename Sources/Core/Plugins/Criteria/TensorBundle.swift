public import BillhookTorch

/// Something that is made of named tensors, so that it can be written to a file, and sent.
///
/// From what `tensors` gives, `init(tensors:)` makes an equal bundle, to the bit: a `Double`
/// becomes a tensor of f64, a count one of int64.
public protocol TensorBundle {
  /// All tensors of the bundle, by names that it chooses.
  var tensors: [String: Tensor] { get throws }

  /// Restores what `tensors` gave.
  ///
  /// - Parameter tensors: Tensors in memory of their own, which may be changed in place.
  /// - Throws: `BundleError` when a tensor is missing, or is not one that `tensors` gives.
  init(tensors: [String: Tensor]) throws
}

/// Why a bundle cannot be made of some tensors.
public struct BundleError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was expected, and what was found.
  public let description: String

  /// An error with its whole text.
  public init(_ description: String) { self.description = description }
}

extension [String: Tensor] {
  /// The tensor with a name.
  ///
  /// - Throws: `BundleError` when there is none.
  public func require(_ name: String) throws(BundleError) -> Tensor {
    guard let tensor = self[name] else {
      let names = keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
      throw BundleError("expected the tensor `\(name)`, found \(names.isEmpty ? "none" : names)")
    }
    return tensor
  }

  /// The one number in the tensor with a name.
  ///
  /// - Throws: `BundleError` when there is none, or it holds several.
  public func number(_ name: String) throws -> Double { try only(name) { try $0.doubles() } }

  /// The one whole number in the tensor with a name.
  ///
  /// - Throws: `BundleError` when there is none, or it holds several.
  public func integer(_ name: String) throws -> Int { try only(name) { try $0.integers() } }

  private func only<Number>(
    _ name: String,
    _ numbers: (Tensor) throws -> [Number]
  ) throws -> Number {
    let found = try numbers(require(name))
    guard let number = found.first, found.count == 1 else {
      throw BundleError("expected one number in the tensor `\(name)`, found \(found.count)")
    }
    return number
  }
}

extension Double: TensorBundle {
  /// The number, as `value` in f64.
  public var tensors: [String: Tensor] { get throws { ["value": try Tensor([self])] } }

  /// The number that `tensors` gave.
  public init(tensors: [String: Tensor]) throws { self = try tensors.number("value") }
}

extension Int: TensorBundle {
  /// The number, as `value` in int64.
  public var tensors: [String: Tensor] { get throws { ["value": try Tensor([self])] } }

  /// The number that `tensors` gave.
  public init(tensors: [String: Tensor]) throws { self = try tensors.integer("value") }
}

extension Array: TensorBundle where Element == Double {
  /// The numbers, as `values` in f64.
  public var tensors: [String: Tensor] { get throws { ["values": try Tensor(self)] } }

  /// The numbers that `tensors` gave.
  public init(tensors: [String: Tensor]) throws { self = try tensors.require("values").doubles() }
}

extension Dictionary: TensorBundle
where Key: RawRepresentable, Key.RawValue == String, Value: TensorBundle {
  /// The tensors of each value, their names prefixed with its key: `output/mean`.
  public var tensors: [String: Tensor] {
    get throws {
      var all: [String: Tensor] = [:]
      for (key, value) in self {
        for (name, tensor) in try value.tensors { all["\(key.rawValue)/\(name)"] = tensor }
      }
      return all
    }
  }

  /// The values that `tensors` gave.
  public init(tensors: [String: Tensor]) throws {
    var parts: [String: [String: Tensor]] = [:]
    for (name, tensor) in tensors {
      let words = name.split(separator: "/", maxSplits: 1)
      guard words.count == 2 else { throw BundleError("the tensor `\(name)` has no key") }
      parts[String(words[0]), default: [:]][String(words[1])] = tensor
    }
    self.init()
    for (name, tensors) in parts {
      guard let key = Key(rawValue: name) else {
        throw BundleError("there is no \(Key.self) called `\(name)`")
      }
      self[key] = try Value(tensors: tensors)
    }
  }
}
