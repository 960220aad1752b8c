import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Writes a model in a form that other programs load.
public protocol Format: Plugin {
  /// Writes the model into a directory that is empty; Pipeline checks it and gives it its name.
  func write(_ model: LanguageModel, into directory: String, _ context: RunContext) throws

  /// Opens what `write` left in a directory, so that it can be compared with what was to be written.
  ///
  /// - Parameter directory: The directory.
  /// - Returns: The model, with the weights as they are in the files.
  /// - Throws: What is wrong with the files.
  func read(_ directory: String) throws -> LanguageModel

  /// Why the format cannot hold a model of this shape, with what would work; nil where it can.
  func obstacle(to model: LanguageModel) -> String?

  /// What programs that read the format make of such a model, where it is not what was saved.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - isCertain: Whether it is the one that will be saved; where scores decide what goes, only its
  ///     size is.
  /// - Returns: A sentence each.
  func cautions(on model: LanguageModel, isCertain: Bool) -> [String]

  /// Whether `save` means this format when it names none.
  static var isDefault: Bool { get }

  /// The type in which a weight is written; the check after writing rounds to it.
  func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType
}

extension Format {
  /// It holds every shape.
  public func obstacle(to model: LanguageModel) -> String? { nil }

  /// All programs read it as it is.
  public func cautions(on model: LanguageModel, isCertain: Bool) -> [String] { [] }

  /// Named when it is meant.
  public static var isDefault: Bool { false }

  /// Formats are named after `save`.
  public static var kind: PluginKind { .format }
}
