/// The `adapter_config.json` of a PEFT adapter, as far as it says what the numbers mean.
struct AdapterConfiguration {
  private let path: String
  private let settings: AdapterSettings
  private let ranks: [(key: String, rank: Int)]
  private let alphas: [(key: String, alpha: Double)]

  /// Reads a configuration.
  ///
  /// - Throws: `ModelError` that names the key which asks for more than plain LoRA.
  init(_ directory: String) throws(ModelError) {
    let path = "\(directory)/adapter_config.json"
    self.path = path
    let json = try JSON(contentsOf: path)
    guard json["peft_type"]?.string == "LORA" else {
      throw ModelError(path, at: "peft_type", "expected \"LORA\"")
    }
    for key in ["use_dora", "fan_in_fan_out", "use_qalora", "lora_bias"] {
      guard json[key].map({ $0 == false || $0.isNull }) ?? true else {
        throw ModelError(path, at: key, "is not supported; expected false")
      }
    }
    guard json["bias"].map({ $0 == "none" || $0.isNull }) ?? true else {
      throw ModelError(path, at: "bias", "trained biases are not supported; expected \"none\"")
    }
    for key in ["modules_to_save", "trainable_token_indices", "target_parameters"] {
      let value = json[key] ?? .null
      guard value.isNull || value.array?.isEmpty == true else {
        throw ModelError(path, at: key, "only updates of linear layers are supported")
      }
    }
    guard let rank = json["r"]?.int, rank > 0, let alpha = json["lora_alpha"]?.double else {
      throw ModelError(path, "names no rank `r`, or no `lora_alpha`")
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
        throw ModelError(path, at: "rank_pattern", "expected whole numbers above 0")
      }
      ranks.append((member.key, rank))
    }
    var alphas: [(key: String, alpha: Double)] = []
    for member in json["alpha_pattern"]?.members ?? [] {
      guard let alpha = member.value.double else {
        throw ModelError(path, at: "alpha_pattern", "expected numbers")
      }
      alphas.append((member.key, alpha))
    }
    self.ranks = ranks
    self.alphas = alphas
    for key in ranks.map(\.key) + alphas.map(\.key) where key.contains(where: Self.isPattern) {
      throw ModelError(path, at: key, "regular expressions are not supported here")
    }
  }

  /// What the update of a module is multiplied by.
  ///
  /// - Throws: `ModelError` when its rank is not the one that is named for it.
  func scale(of module: String, rank: Int) throws(ModelError) -> Double {
    let named = ranks.first { Self.names($0.key, module) }?.rank ?? settings.rank
    guard named == rank else {
      throw ModelError(path, at: module, "the rank is \(named), but its matrices have \(rank)")
    }
    let alpha = alphas.first { Self.names($0.key, module) }?.alpha ?? settings.alpha
    return settings.scale(rank: rank, alpha: alpha)
  }

  /// Whether a key stands for a module: it is the end of its name.
  private static func names(_ key: String, _ module: String) -> Bool {
    module == key || module.hasSuffix(".\(key)")
  }

  /// Whether a character makes a regular expression of a name; the dot does too, but names have it.
  private static func isPattern(_ character: Character) -> Bool {
    "\\^$*+?()[]{}|".contains(character)
  }
}
