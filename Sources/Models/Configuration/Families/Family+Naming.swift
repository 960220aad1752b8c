import BillhookFiles

extension Family {
  /// The family that a configuration names, and whether its layers have their own widths.
  ///
  /// As in transformers, `model_type` decides; `architectures` may be absent, or name another head or
  /// an older spelling of the class, but no other family.
  ///
  /// - Throws: `FileError` when neither names a known family, or they contradict each other.
  static func named(by reader: ConfigurationReader) throws(FileError)
    -> (family: Family, isCustom: Bool)
  {
    let architecture = try architecture(reader)
    let type = reader.value("model_type") ?? .null
    guard type.isNull || type.string != nil else {
      throw reader.wrong("model_type", expected: "a name", found: type)
    }
    if let type = type.string {
      let isCustom = type.hasPrefix(CustomArchitecture.modelTypePrefix)
      guard let family = all.first(where: { type == (isCustom ? $0.customType : $0.modelType) })
      else { throw unknown(type, architecture, reader) }
      guard architecture.map({ family.isNamed($0, isCustom) }) ?? true else {
        throw reader.error(
          "architectures",
          "names \(architecture ?? ""), but `model_type` is \(type); correct the one that is wrong"
        )
      }
      return (family, isCustom)
    }
    guard let architecture else {
      throw reader.error(
        "model_type",
        "is missing, and so is `architectures`; one of them names the family"
      )
    }
    for isCustom in [false, true] {
      if let family = all.first(where: { $0.isNamed(architecture, isCustom) }) {
        return (family, isCustom)
      }
    }
    throw reader.error("architectures", "\(architecture) is not supported; supported: \(known)")
  }

  /// The class that `architectures` names first; nil where it names none.
  private static func architecture(_ reader: ConfigurationReader) throws(FileError) -> String? {
    guard let value = reader.value("architectures"), !value.isNull else { return nil }
    guard let list = value.array, list.allSatisfy({ $0.string != nil }) else {
      throw reader.wrong("architectures", expected: "a list with the model's class", found: value)
    }
    return list.first?.string
  }

  private static func unknown(
    _ type: String,
    _ architecture: String?,
    _ reader: ConfigurationReader
  ) -> FileError {
    if let architecture, !all.contains(where: { $0.isNamed(architecture, false) }) {
      return reader.error("architectures", "\(architecture) is not supported; supported: \(known)")
    }
    let types = all.map(\.modelType).joined(separator: ", ")
    return reader.error("model_type", "\(type) is not supported; supported: \(types)")
  }

  private static var known: String { all.map(\.architecture).joined(separator: ", ") }

  /// The family's `model_type` where layers have their own widths.
  private var customType: String { CustomArchitecture.modelType(of: self) }

  /// Whether a class belongs to the family, whatever its head, as in `LLaMAForCausalLM` or
  /// `LlamaModel`.
  private func isNamed(_ name: String, _ isCustom: Bool) -> Bool {
    if isCustom { return name == CustomArchitecture.architecture(of: self) }
    let stem = architecture.dropLast("ForCausalLM".count).lowercased()
    let lowercased = name.lowercased()
    guard lowercased.hasPrefix(stem) else { return false }
    let rest = lowercased.dropFirst(stem.count)
    return rest.hasPrefix("for") || rest.hasPrefix("model") || rest.hasPrefix("textmodel")
  }
}
