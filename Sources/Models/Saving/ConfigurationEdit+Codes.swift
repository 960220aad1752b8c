import BillhookFiles
public import BillhookTorch

extension ConfigurationEdit {
  /// Says of what kind codes are, and which modules have none, as GPTQModel, Optimum and vLLM read it.
  static func setCodes(of model: LanguageModel, _ source: JSON, in text: inout JSONText) throws {
    let schemes = model.schemes
    guard let scheme = schemes.values.first else {
      // Codes of the source that something was added to are numbers from there on.
      return text.remove(ConfigurationReader.codesKey)
    }
    let first = try model.projections.lazy.compactMap { try model.weights.quantised($0) }.first
    let reorders = first?.reordersInputs ?? false
    var members: [JSON.Member] = [
      .init(key: "quant_method", value: "gptq"),
      .init(key: "bits", value: .number(JSONNumber(scheme.bits))),
      .init(key: "group_size", value: .number(JSONNumber(scheme.group ?? -1))),
      .init(key: "sym", value: .bool(scheme.isSymmetric)),
      .init(key: "desc_act", value: .bool(reorders)),
      // Readers differ in which of the two they look at.
      .init(key: "checkpoint_format", value: .string(scheme.isSymmetric ? "gptq" : "gptq_v2")),
      .init(key: "format", value: .string(scheme.isSymmetric ? "gptq" : "gptq_v2")),
      .init(key: "pack_dtype", value: "int32"),
      .init(key: "lm_head", value: false),
    ]
    let (dense, quantised) = modules(of: model)
    if !dense.isEmpty {
      // Optimum and vLLM go by the modules that are quantised, GPTQModel and vLLM by patterns.
      members += [
        .init(
          key: "modules_in_block_to_quantize",
          value: .array(quantised.map { .array([.string($0)]) })
        ),
        .init(
          key: "dynamic",
          value: .object(dense.map { .init(key: "-:^\($0.patternOfItself)$", value: .object([])) })
        ),
      ]
    }
    text.set(ConfigurationReader.codesKey, to: .object(members))
    // Readers that are not told take the numbers for f16.
    if let id = schemes.keys.first {
      setType(try model.weights.storedType(id), source, in: &text)
    }
  }

  /// The modules of projections, by whether they are quantised; names begin after the block where all
  /// blocks are alike.
  private static func modules(of model: LanguageModel) -> (dense: [String], quantised: [String]) {
    let positions = model.positions
    let tensors = model.configuration.tensors { positions[$0] }
      .filter { $0.parts[0].id.role.kind == .projection }
    func name(_ tensor: StoredTensor) -> String { String(tensor.name.dropLast(".weight".count)) }
    func isQuantised(_ tensor: StoredTensor) -> Bool {
      model.weights.scheme(of: tensor.parts[0].id) != nil
    }
    let dense = tensors.filter { !isQuantised($0) }
    let quantised = tensors.filter(isQuantised)
    let roles = Set(quantised.map(\.parts[0].id.role))
    guard dense.allSatisfy({ !roles.contains($0.parts[0].id.role) }) else {
      return (dense.map(name), quantised.map(name))
    }
    var short: [String] = []
    for tensor in quantised {
      let names = model.configuration.names
      let part = String((names.block[tensor.parts[0].id.role] ?? "").dropLast(".weight".count))
      if !short.contains(part) { short.append(part) }
    }
    return (dense.map(name), short)
  }
}

extension String {
  /// A regular expression that matches this text alone.
  fileprivate var patternOfItself: String { replacing(".", with: "\\.") }
}

extension LanguageModel {
  /// Why the model's codes cannot be written, and what to do; nil where they can, and where it has none.
  ///
  /// - Parameter dtype: The type that weights are to be rounded to; nil for the one that each has.
  /// - Returns: A sentence.
  public func obstacleToCodes(roundedTo dtype: DType?) -> String? {
    let schemes = schemes
    guard let scheme = schemes.values.first else { return nil }
    if dtype != nil {
      return
        "codes stand for numbers of the type that the weights were quantised in: leave `dtype` out"
    }
    guard schemes.values.allSatisfy({ $0 == scheme }) else {
      return "projections are quantised in different ways, which one configuration cannot describe"
    }
    // What cannot be read is an error where weights are lent.
    let ids = projections.filter { schemes[$0] != nil }
    let types = ids.compactMap { try? weights.storedType($0) }
    if types.count == ids.count, let other = types.firstIndex(where: { $0 != types[0] }) {
      return
        "\(ids[0]) is of \(types[0]) and \(ids[other]) of \(types[other]), and one configuration says of "
        + "one type what codes stand for: save the model with `dtype = \(types[0])` before it is quantised, "
        + "and quantise that one, or quantise projections of one type, by `targets` and `keep`"
    }
    return nil
  }
}
