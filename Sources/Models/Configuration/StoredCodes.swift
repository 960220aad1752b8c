import BillhookFiles
import BillhookTorch

/// What `quantization_config` says of the codes in a directory: that they are in the layout of GPTQ.
///
/// The bits of each matrix, and how many groups it has, are what its tensors say.
struct StoredCodes: Sendable {
  /// Whether codes of zero are stored as they are, and not less 1.
  let holdsZerosAsTheyAre: Bool
  /// The number of inputs that share a scale; nil for all of a row.
  let group: Int?
  /// Whether zero is the code in the middle.
  let isSymmetric: Bool
  /// Whether inputs were taken in another order than theirs.
  let reordersInputs: Bool
  /// The type of the numbers that the codes stand for.
  let dtype: DType
}

extension ConfigurationReader {
  /// The key of what is said of codes.
  static let codesKey = "quantization_config"

  /// What the configuration says of codes; nil where the weights are none.
  ///
  /// - Throws: `FileError` for codes in another layout than that of GPTQ, and of other kinds.
  func storedCodes() throws(FileError) -> StoredCodes? {
    guard let reader = try nested(Self.codesKey) else { return nil }
    let method = reader.value("quant_method")
    guard method?.string == "gptq" else {
      // Old configurations of bitsandbytes name no method.
      let isOfBits = ["load_in_4bit", "load_in_8bit"].contains { reader.value($0) == true }
      let named = method.map { $0.text(indent: nil) } ?? (isOfBits ? "\"bitsandbytes\"" : nil)
      throw reader.error(
        "quant_method",
        "only weights in the layout of GPTQ are read, and these are quantised "
          + "\(named.map { "by \($0)" } ?? "in a way that is not named"); start from the unquantised model"
      )
    }
    func require(_ key: String, _ accepted: [JSON]) throws(FileError) {
      guard let value = reader.value(key), !value.isNull, !accepted.contains(value) else { return }
      let list = accepted.map { $0.text(indent: nil) }.joined(separator: " or ")
      throw reader.wrong(key, expected: list, found: value)
    }
    try require("bits", [4, 8])
    try require("lm_head", [false])
    try require("pack_dtype", ["int32"])
    try require("is_marlin_format", [false])
    let format = (reader.value("checkpoint_format") ?? reader.value("format"))?.string ?? "gptq"
    guard ["gptq", "gptq_v2"].contains(format) else {
      throw reader.error(
        "checkpoint_format",
        "expected \"gptq\" or \"gptq_v2\", found \(JSON.string(format).text(indent: nil))"
      )
    }
    let named = [value("dtype"), value("torch_dtype")].compactMap { $0?.string }.first
    let dtype = named.flatMap(DType.init(rawValue:)) ?? .float16
    guard dtype.isFloatingPoint else {
      throw error("dtype", "expected float32, bfloat16 or float16, found \(named ?? "")")
    }
    return StoredCodes(
      holdsZerosAsTheyAre: format == "gptq_v2",
      group: reader.value("group_size")?.int.flatMap { $0 > 0 ? $0 : nil },
      // Without the key, zeros may be anywhere.
      isSymmetric: try reader.flag("sym", default: false),
      reordersInputs: try reader.flag("desc_act", default: false),
      dtype: dtype
    )
  }

  /// How the projections are quantised, as far as the configuration tells.
  func scheme(of codes: StoredCodes) throws(FileError) -> QuantisationScheme {
    let bits = try nested(Self.codesKey)?.size("bits") ?? 4
    return QuantisationScheme(bits: bits, group: codes.group, isSymmetric: codes.isSymmetric)
  }

  /// What the configuration leaves open without the weights.
  func remarks(about codes: StoredCodes) -> [String] {
    let keys = ["dynamic", "modules_in_block_to_quantize"].filter { key in
      let value = self.value(Self.codesKey)?[key] ?? .null
      return value.members?.isEmpty == false || value.array?.isEmpty == false
    }
    guard let key = keys.first else { return [] }
    return [
      "\(path): `\(key)` of `\(Self.codesKey)` chooses among the projections, and only the weights tell "
        + "which are codes; here all are counted as codes"
    ]
  }
}
