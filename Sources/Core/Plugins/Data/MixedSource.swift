public import BillhookEngine

/// Data that is drawn from other data of the recipe.
public protocol MixedSource: DataSource {
  /// The names of the data that it is drawn from.
  var parts: [DataName] { get }

  /// How windows are drawn from them.
  var mixture: TokenMixture { get }
}

extension MixedSource {
  /// None of its own.
  public func documents() throws -> [Document] { [] }

  /// What the parts give.
  public static var yieldsText: Bool { false }
}
