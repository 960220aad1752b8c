public import BillhookFiles
public import BillhookTorch

/// Writes a model as a GGUF file, one tensor at a time.
public struct GGUFModelWriter {
  let model: LanguageModel
  let type: GGUFTensorType
  let tokenizer: TokenizerChoice

  /// The name of the file in its directory.
  package static let fileName = "model.gguf"

  /// Whether the file holds a tokenizer.
  public enum TokenizerChoice: Sendable {
    /// The model's.
    case own
    /// None: programs that read the file are given tokens.
    case none
  }

  /// A writer for a model.
  ///
  /// - Parameters:
  ///   - model: The model, with nothing switched off.
  ///   - type: The type that matrices are rounded to; vectors are f32.
  ///   - tokenizer: Whether the tokenizer goes along.
  public init(_ model: LanguageModel, type: GGUFTensorType, tokenizer: TokenizerChoice = .own) {
    self.model = model
    self.type = type
    self.tokenizer = tokenizer
  }

  /// Writes the file into an empty directory.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - between: Called before each tensor, with the share of all values that is written.
  /// - Throws: `FileError` when llama.cpp could not hold the model, or writing fails, and what
  ///   `between` throws.
  public func write(into directory: String, between: BetweenPieces = { _ in }) throws {
    let path = "\(directory)/\(Self.fileName)"
    guard model.gates == Gates() else {
      throw FileError(path, "a model with closed gates cannot be saved; cut it first")
    }
    if let obstacle { throw FileError(path, obstacle.reason) }
    let layout = try GGUFLayout(
      model.configuration,
      in: GGUFArchitecture.holding(model.configuration).get()
    )
    let plans = layout.tensors.map {
      GGUFWriter.Plan(name: $0.name, type: $0.type(in: type), shape: $0.shape)
    }
    var writer = try GGUFWriter(path, metadata(layout), holding: plans)
    let total = plans.reduce(0) { $0 + $1.shape.reduce(1, *) }
    var written = 0
    for (tensor, plan) in zip(layout.tensors, plans) {
      try between(Double(written) / Double(max(1, total)))
      written += plan.shape.reduce(1, *)
      try writer.append(contents(of: tensor))
      for part in tensor.parts { model.weights.advise(part, .notForNow) }
    }
    try writer.finish()
  }

  private func contents(of tensor: GGUFTensor) throws -> Tensor {
    switch tensor.content {
    case .weights(let parts):
      let weights = try parts.map(model.weights.stored)
      return try weights.count == 1 ? weights[0] : Tensor.joined(weights, along: 0)
    case .interleaved(let part, let heads):
      return try model.weights.stored(part).pairedByNeighbours(heads: heads)
    case .raised(let part): return try model.weights.stored(part).to(.float32) + 1
    case .filled(let value): return try Tensor.full(tensor.shape, value)
    case .values(let values): return try Tensor(values)
    }
  }

  private func metadata(_ layout: GGUFLayout) throws -> [(key: String, value: GGUFValue)] {
    var values: [(key: String, value: GGUFValue)] = [
      ("general.architecture", .string(layout.architecture.name)),
      ("general.type", .string("model")),
      ("general.file_type", .uint32(type.fileType)),
      ("general.quantization_version", .uint32(2)),
    ]
    values += layout.hyperparameters
    let isUneven = model.blocks.unevenness != nil || model.obstacle(to: .family) != nil
    let text = try ConfigurationEdit.text(
      for: model,
      dtype: type.dtype,
      as: isUneven ? .custom : .family
    )
    values.append((GGUFConfiguration.key, .string(String(decoding: text.bytes, as: UTF8.self))))
    let ends = try ends
    if !ends.isEmpty { values.append((GGUFTokenizer.endsKey, .int32s(ends))) }
    switch tokenizer {
    case .own: values += try GGUFTokenizer(of: model).metadata
    case .none: values.append((GGUFTokenizer.modelKey, .string("no_vocab")))
    }
    return values
  }

  /// The tokens that end a text, as far as the embedding has rows for them.
  var ends: [Int] {
    get throws(FileError) {
      try model.directory.endTokens().filter { $0 < model.configuration.vocabularySize }.sorted()
    }
  }

  // MARK: What is written of a weight

  /// The type in which a weight is read back.
  public func dtype(of weight: WeightID) -> DType {
    weight.role.kind == .norm || weight.role.kind == .bias ? .float32 : type(of: weight).dtype
  }

  /// The weight as it is read back.
  ///
  /// - Throws: `FileError` when the type cannot hold its numbers.
  public func rounded(_ tensor: Tensor, of weight: WeightID) throws -> Tensor {
    let architecture = try GGUFArchitecture.holding(model.configuration).get()
    if architecture.raisesNorms, weight.role.kind == .norm {
      return try tensor.to(.float32) + 1 + -1
    }
    guard tensor.shape.count > 1 else { return try tensor.to(.float32) }
    let type = type(of: weight)
    let stored = try type.stored(tensor, named: "\(weight)", in: Self.fileName)
    guard type.isQuantized else { return stored }
    return try BlockQuantization(type).values(of: stored, shape: tensor.shape)
  }

  /// The bytes that a weight takes in the file.
  public func byteCount(of weight: WeightID, shape: [Int]) -> Int {
    let type: GGUFTensorType = shape.count == 1 ? .f32 : type(of: weight)
    return type.byteCount(of: shape) ?? 0
  }

  private func type(of weight: WeightID) -> GGUFTensorType {
    weight.role.kind == .vocabulary && type == .q4_0 ? .q8_0 : type
  }
}

extension GGUFTensorType {
  /// What `general.file_type` calls a file whose matrices are of this type.
  fileprivate var fileType: Int {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q4_0: 2
    case .q8_0: 7
    case .bf16: 32
    }
  }
}
