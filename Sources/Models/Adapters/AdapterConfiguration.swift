import BillhookFiles

/// The parts of a PEFT adapter's `adapter_config.json` that say what its weights mean.
struct AdapterConfiguration {
  /// The path of the file.
  let path: String
  private let settings: AdapterSettings
  private let ranks: [(key: String, rank: Int)]
  private let alphas: [(key: String, alpha: Double)]
  /// The name or path of the model that it was trained on; nil where the file names none.
  let base: String?
  /// Whether it names the blocks that it changes.
  let choosesBlocks: Bool

  /// Reads the configuration of an adapter that is merged into a model.
  ///
  /// - Throws: `FileError` that names the keys which ask for more than plain LoRA.
  init(_ directory: String, for model: ModelDirectory) throws(FileError) {
    let path = "\(directory)/adapter_config.json"
    self.path = path
    let json = try JSON(contentsOf: path, nonFinite: .kept)
    guard json["peft_type"]?.string == "LORA" else {
      throw FileError(path, at: "peft_type", "expected \"LORA\"")
    }
    base = json["base_model_name_or_path"]?.string
    choosesBlocks = json["layers_to_transform"].map { !$0.isNull } ?? false
    try AdapterKeys.check(json, of: directory, for: model, path)
    guard let rank = json["r"]?.int, rank > 0, let alpha = json["lora_alpha"]?.double else {
      throw FileError(path, "names no rank `r`, or no `lora_alpha`")
    }
    settings = AdapterSettings(
      rank: rank,
      alpha: alpha,
      dropout: 0,
      usesRootOfRank: json["use_rslora"] == true
    )
    var ranks: [(key: String, rank: Int)] = []
    for member in json["rank_pattern"]?.members ?? [] {
      guard let rank = member.value.int, rank > 0 else {
        throw FileError(path, at: "rank_pattern", "expected whole numbers above 0")
      }
      ranks.append((member.key, rank))
    }
    var alphas: [(key: String, alpha: Double)] = []
    for member in json["alpha_pattern"]?.members ?? [] {
      guard let alpha = member.value.double else {
        throw FileError(path, at: "alpha_pattern", "expected numbers")
      }
      alphas.append((member.key, alpha))
    }
    self.ranks = ranks
    self.alphas = alphas
    for key in ranks.map(\.key) + alphas.map(\.key) where key.contains(where: Self.isPattern) {
      throw FileError(path, at: key, "regular expressions are not supported here")
    }
  }

  /// What the update of a module is multiplied by.
  ///
  /// - Throws: `FileError` when its rank is not the one that the configuration names.
  func scale(of module: String, rank: Int) throws(FileError) -> Double {
    let named = ranks.first { Self.names($0.key, module) }?.rank ?? settings.rank
    guard named == rank else {
      throw FileError(path, at: module, "the rank is \(named), but its matrices have \(rank)")
    }
    let alpha = alphas.first { Self.names($0.key, module) }?.alpha ?? settings.alpha
    return settings.scale(rank: rank, alpha: alpha)
  }

  /// Whether a key stands for a module, which means that the module's name ends with it.
  private static func names(_ key: String, _ module: String) -> Bool {
    module == key || module.hasSuffix(".\(key)")
  }

  /// Whether a character turns a name into a regular expression; the dot would too, but names
  /// contain it.
  private static func isPattern(_ character: Character) -> Bool {
    "\\^$*+?()[]{}|".contains(character)
  }
}
