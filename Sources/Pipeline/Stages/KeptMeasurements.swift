import BillhookCore

/// What evidence found of a model's weights, kept as a stage for each matrix or block.
///
/// A key holds the model and the evidence, and not who asks for it, so that another setting of an
/// allocation finds it again.
struct KeptMeasurements: MeasurementStore {
  let known: KnownStages
  /// The model that is measured.
  let state: ModelState
  /// The key of the data that is measured; nil where none is.
  let data: String?

  private func key(_ evidence: any Evidence, _ place: String) throws -> StageKey {
    let isOfWeightsAlone = evidence is any WeightEvidence
    return try known.keys.key(
      "measured",
      of: [("model", state)],
      [
        "evidence": try known.keys.plugin(evidence), "place": .string(place),
        "data": try isOfWeightsAlone ? .null : data.map(known.keys.tokens) ?? .null,
      ]
    )
  }

  func partial(of evidence: any Evidence, at place: String) throws -> [String: Tensor]? {
    let key = try key(evidence, place)
    guard let members = try known.store.result(of: key)?["tensors"]?.members else { return nil }
    var tensors: [String: Tensor] = [:]
    for member in members {
      guard let tensor = try Self.tensor(member.value) else {
        known.store.refuse(key)
        return nil
      }
      tensors[member.key] = tensor
    }
    return tensors
  }

  /// Keeps it, unless it holds a number that is not finite, which JSON cannot represent.
  func keep(_ partial: [String: Tensor], of evidence: any Evidence, at place: String) throws {
    var members: [JSON.Member] = []
    for (name, tensor) in partial.sorted(by: { $0.key < $1.key }) {
      guard let value = try Self.json(tensor) else { return }
      members.append(JSON.Member(key: name, value: value))
    }
    try known.store.keep(["tensors": .object(members)], of: key(evidence, place))
  }

  /// A tensor as its type, its shape and its numbers, which are exact in f64 or whole.
  private static func json(_ tensor: Tensor) throws -> JSON? {
    let values: [JSON]
    if tensor.dtype.isFloatingPoint {
      values = try tensor.doubles().compactMap { JSONNumber($0).map(JSON.number) }
    } else {
      values = try tensor.integers().map { .number(JSONNumber($0)) }
    }
    guard values.count == tensor.shape.reduce(1, *) else { return nil }
    return [
      "type": .string(tensor.dtype.rawValue),
      "shape": .array(tensor.shape.map { .number(JSONNumber($0)) }),
      "values": .array(values),
    ]
  }

  private static func tensor(_ json: JSON) throws -> Tensor? {
    guard let type = json["type"]?.string.flatMap(DType.init(rawValue:)),
      let shape = json["shape"]?.array?.compactMap(\.int), shape.allSatisfy({ $0 >= 0 }),
      let values = json["values"]?.array, values.count == shape.reduce(1, *)
    else { return nil }
    let tensor: Tensor
    if type.isFloatingPoint {
      let numbers = values.compactMap(\.double)
      guard numbers.count == values.count else { return nil }
      tensor = try Tensor(numbers)
    } else {
      let numbers = values.compactMap(\.int)
      guard numbers.count == values.count else { return nil }
      tensor = try Tensor(numbers)
    }
    return try tensor.to(type).reshaped(shape)
  }
}
