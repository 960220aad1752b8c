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

  /// The type in which a weight is read back; the check after writing rounds to it.
  func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType

  /// A weight as `read` has to give it back.
  ///
  /// - Parameters:
  ///   - tensor: The weight as the model has it.
  ///   - weight: Which one it is.
  ///   - model: The model.
  /// - Returns: Its numbers after the format has rounded them.
  /// - Throws: An error that names the weight where the format cannot hold it.
  func rounded(_ tensor: Tensor, of weight: WeightID, in model: LanguageModel) throws -> Tensor

  /// The bytes that a weight takes.
  func byteCount(of weight: WeightID, shape: [Int], in model: LanguageModel) throws -> Int

  /// Whether the masks of a sparse model are kept; where they are not, their zeros are written.
  static var keepsMasks: Bool { get }
}

extension Format {
  /// It holds every shape.
  public func obstacle(to model: LanguageModel) -> String? { nil }

  /// All programs read it as it is.
  public func cautions(on model: LanguageModel, isCertain: Bool) -> [String] { [] }

  /// Named when it is meant.
  public static var isDefault: Bool { false }

  /// It is rounded to the type in which it is read back.
  public func rounded(
    _ tensor: Tensor,
    of weight: WeightID,
    in model: LanguageModel
  ) throws -> Tensor {
    try tensor.to(dtype(of: weight, in: model))
  }

  /// Each number takes the bytes of its type.
  public func byteCount(of weight: WeightID, shape: [Int], in model: LanguageModel) throws -> Int {
    shape.reduce(try dtype(of: weight, in: model).byteCount, *)
  }

  /// They are kept.
  public static var keepsMasks: Bool { true }

  /// Formats are named after `save`.
  public static var kind: PluginKind { .format }
}
