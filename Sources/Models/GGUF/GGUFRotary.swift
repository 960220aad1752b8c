import BillhookFiles
import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The scaling of positions in a GGUF file, in the words of `rope_scaling` of a `config.json`.
struct GGUFRotary {
  /// The object; nil where positions are not scaled.
  let scaling: JSON?
  /// The length of the texts that the model was first trained on; nil where nothing depends on it.
  let length: Int?

  init(_ file: GGUFFile, _ architecture: GGUFArchitecture) throws {
    let reader = Values(file: file, prefix: "\(architecture.name).rope.scaling.")
    // Of Granite, llama.cpp has rotary positions only where this is true or left out.
    if architecture.readsFactors, case .bool(false) = file.metadata[reader.prefix + "finetuned"] {
      throw reader.error("finetuned", "is false: a model without rotary positions is not supported")
    }
    let factors = try file.entries["rope_freqs.weight"].map { _ in
      try file.tensor("rope_freqs.weight").doubles()
    }
    let isUnscaled = try reader.number("factor") == nil
    // Files of Phi 3 do not name the kind.
    let isLongrope = file.entries["rope_factors_long.weight"] != nil
    switch try reader.text("type") ?? (isLongrope ? "longrope" : "none") {
    case "none" where isUnscaled, "linear" where isUnscaled:
      let found = try factors.map { try Self.llama3($0, file, architecture) }
      (scaling, length) = (found?.scaling, found?.length)
    case "linear":
      scaling = ["rope_type": "linear", "factor": try reader.needed("factor")]
      length = nil
    case "yarn":
      var members: [JSON.Member] = [
        .init(key: "rope_type", value: "yarn"),
        .init(key: "factor", value: try reader.needed("factor")),
      ]
      func add(_ key: String, _ name: String, default fallback: Double? = nil) throws {
        let number = try reader.number(name) ?? fallback
        if let json = number.flatMap(JSONNumber.init) {
          members.append(.init(key: key, value: .number(json)))
        }
      }
      length = try reader.number("original_context_length").map { Int($0) }
      try add("beta_fast", "yarn_beta_fast", default: 32)
      try add("beta_slow", "yarn_beta_slow", default: 1)
      if let factor = try reader.number("attn_factor"), let by = try reader.number("factor") {
        // llama.cpp multiplies by the paper's temperature, whatever the file says.
        let whole = factor * (by > 1 ? 0.1 * log(by) + 1 : 1)
        if let json = JSONNumber(whole) {
          members.append(.init(key: "attention_factor", value: .number(json)))
        }
      }
      scaling = .object(members)
    case "longrope":
      func list(_ name: String) throws -> JSON {
        let values = try file.tensor("rope_factors_\(name).weight").doubles()
        return .array(
          values.map { JSONNumber(GGUFValue.shortest($0)).map(JSON.number) ?? .null }
        )
      }
      scaling = [
        "rope_type": "longrope", "short_factor": try list("short"), "long_factor": try list("long"),
        "attention_factor": try reader.needed("attn_factor"),
      ]
      length = try reader.number("original_context_length").map { Int($0) }
    case let other:
      throw reader.error(
        "type",
        "expected none, linear, yarn or longrope, found \(other.shown(atMost: 40))"
      )
    }
  }

  /// The parameters of Llama 3.1 of which factors were made: its own, for the length that fits.
  private static func llama3(
    _ factors: [Double],
    _ file: GGUFFile,
    _ architecture: GGUFArchitecture
  )
    throws -> (scaling: JSON, length: Int)
  {
    let name = architecture.name
    let base = file.metadata["\(name).rope.freq_base"]?.number ?? 10_000
    let most = GGUFValue.shortest(factors.max() ?? 1)
    let lengths =
      ["rope.scaling.original_context_length", "context_length"].compactMap {
        file.metadata["\(name).\($0)"]?.count
      } + [8192]
    for length in lengths where length > 0 && base > 0 {
      let scaled = RotaryDescription(
        base: base,
        scaling: .llama3(factor: most, lowFrequency: 1, highFrequency: 4, length: length)
      )
      let plain = try RotaryDescription(base: base).frequencies(
        headSize: 2 * factors.count,
        tokens: 1
      )
      let found = try scaled.frequencies(headSize: 2 * factors.count, tokens: 1)
      let isSame = zip(zip(plain, found), factors).allSatisfy { pair, factor in
        abs(Double(pair.0 / pair.1) - factor) <= 1e-4 * factor
      }
      guard isSame, let most = JSONNumber(most) else { continue }
      return (
        [
          "rope_type": "llama3", "factor": .number(most), "low_freq_factor": 1.0,
          "high_freq_factor": 4.0,
        ],
        length
      )
    }
    throw FileError(
      file.path,
      at: "rope_freqs.weight",
      "holds factors of wavelengths that are not those of Llama 3.1 for any of the lengths \(lengths)"
    )
  }

  /// Reads values below a prefix.
  private struct Values {
    let file: GGUFFile
    let prefix: String

    func text(_ key: String) throws(FileError) -> String? {
      guard let value = file.metadata[prefix + key] else { return nil }
      guard let text = value.text else { throw error(key, "expected a name, found \(value.shown)") }
      return text
    }

    func number(_ key: String) throws(FileError) -> Double? {
      guard let value = file.metadata[prefix + key] else { return nil }
      guard let number = value.number, abs(number) <= Double(ConfigurationReader.largestSize) else {
        throw error(key, "expected a number, found \(value.shown)")
      }
      return number
    }

    func needed(_ key: String) throws(FileError) -> JSON {
      guard let number = try number(key).flatMap(JSONNumber.init) else {
        throw error(key, "is missing")
      }
      return .number(number)
    }

    func error(_ key: String, _ message: String) -> FileError {
      FileError(file.path, at: prefix + key, message)
    }
  }
}
