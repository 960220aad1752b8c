import BillhookFiles
import BillhookTorch

/// Writes low-rank updates as an adapter directory that PEFT loads.
///
/// Tensors are named by the block numbers of the saved model. Where a family keeps several matrices
/// in one tensor, their updates become one: of several times the rank, or of the same rank where
/// they share their first matrix.
public struct AdapterWriter {
  let model: LanguageModel
  let settings: AdapterSettings

  /// A writer for updates of a model's matrices.
  public init(for model: LanguageModel, _ settings: AdapterSettings) {
    self.model = model
    self.settings = settings
  }

  /// Writes the updates into an empty directory.
  ///
  /// - Parameters:
  ///   - updates: The updates, all of the settings' rank.
  ///   - base: The directory of the model that they belong to; nil where it is unknown.
  ///   - directory: The directory.
  /// - Throws: `FileError` when something cannot be written.
  public func write(
    _ updates: [WeightID: LowRankUpdate],
    base: String?,
    into directory: String
  ) throws {
    let positions = model.positions
    var tensors: [(name: String, tensor: Tensor)] = []
    var targets: Set<String> = []
    var wide: [String: Int] = [:]
    for stored in model.configuration.tensors(position: { positions[$0] })
    where stored.parts.contains(where: { updates[$0.id] != nil }) {
      let module = model.configuration.module(ofTensor: stored.name)
      let target = module.split(separator: ".").last.map(String.init) ?? module
      targets.insert(target)
      let parts = stored.parts.filter { updates[$0.id] != nil }
      let prefix = "base_model.model.\(module)"
      var downs = try parts.compactMap { updates[$0.id] }.map { try $0.down.to(.float32) }
      if try downs.dropFirst().allSatisfy({ try $0.hasSameBytes(as: downs[0]) }) {
        downs = Array(downs.prefix(1))
      }
      if downs.count > 1 { wide[target] = downs.count }
      tensors.append(("\(prefix).lora_A.weight", try Tensor.joined(downs, along: 0)))
      tensors.append(("\(prefix).lora_B.weight", try up(stored, updates, downs: downs.count)))
    }
    try SafetensorsWriter.replace("\(directory)/adapter_model.safetensors", by: tensors)
    let json = configuration(targets.sorted(), wide, base: base)
    try FileSystem.write(
      Array((json.text() + "\n").utf8),
      to: "\(directory)/adapter_config.json"
    )
  }

  /// The second matrix of a whole tensor: each part's matrix in that part's rows, at the columns
  /// that belong to its first matrix, and zeros elsewhere.
  private func up(
    _ stored: StoredTensor,
    _ updates: [WeightID: LowRankUpdate],
    downs count: Int
  ) throws -> Tensor {
    guard stored.parts.count > 1, let first = updates.values.first else {
      return try stored.parts.compactMap { updates[$0.id] }[0].up.to(.float32)
    }
    let whole = try Tensor.zeros([stored.shape[0], settings.rank * count], device: first.up.device)
    var column = 0
    for (part, rows) in zip(stored.parts, stored.rows) {
      guard let update = updates[part.id] else { continue }
      try whole.narrowed(0, to: rows).narrowed(1, to: column..<column + settings.rank)
        .copy(from: update.up.to(.float32))
      if count > 1 { column += settings.rank }
    }
    return whole
  }

  func configuration(_ targets: [String], _ wide: [String: Int], base: String?) -> JSON {
    let ranks = wide.sorted { $0.key < $1.key }
    return [
      "base_model_name_or_path": base.map(JSON.string) ?? .null,
      "bias": "none",
      "fan_in_fan_out": false,
      "inference_mode": true,
      "lora_alpha": number(settings.alpha),
      "lora_dropout": number(settings.dropout),
      "modules_to_save": .null,
      "peft_type": "LORA",
      "r": .number(JSONNumber(settings.rank)),
      "target_modules": targetModules(targets),
      "task_type": "CAUSAL_LM",
      "use_rslora": .bool(settings.usesRootOfRank),
      "rank_pattern": .object(
        ranks.map {
          JSON.Member(key: $0.key, value: .number(JSONNumber(settings.rank * $0.value)))
        }
      ),
      "alpha_pattern": .object(
        ranks.map { JSON.Member(key: $0.key, value: number(settings.alpha(forRanks: $0.value))) }
      ),
    ]
  }

  /// The modules by their last names, or for the text model of an image model as a regular expression, as
  /// the rest of it has modules of the same names.
  private func targetModules(_ targets: [String]) -> JSON {
    guard model.configuration.tower != nil else { return .array(targets.map(JSON.string)) }
    return .string(#"(.*\.)?language_model\..*\.("# + targets.joined(separator: "|") + ")")
  }

  private func number(_ value: Double) -> JSON {
    value == value.rounded() && abs(value) < 1e15
      ? .number(JSONNumber(Int(value))) : JSONNumber(value).map(JSON.number) ?? .null
  }
}
