import BillhookFiles
import BillhookTorch

/// A file of changed weights: new values for some, low-rank updates of some, codes in place of some, and
/// masks of some.
///
/// The names of its tensors say what they are: `3.query` is a weight, `3.query.down`, `3.query.up`
/// and `3.query.scale` are an update of one, `3.query.qweight` and what belongs to it is one in codes
/// (see `QuantisedMatrix.tensors`), and `3.query.mask` is the mask of one, in bits.
struct WeightEdits: Sendable {
  let file: SafetensorsFile
  private let replaced: Set<WeightID>
  private let updated: Set<WeightID>
  private let masked: Set<WeightID>
  /// How weights in codes were quantised.
  private let schemes: [WeightID: QuantisationScheme]

  /// Opens a file.
  ///
  /// - Throws: `FileError` when it cannot be read, or holds something else.
  init(_ path: String) throws {
    file = try SafetensorsFile(path)
    var replaced: Set<WeightID> = []
    var updated: Set<WeightID> = []
    var masked: Set<WeightID> = []
    var quantised: Set<WeightID> = []
    for name in file.names {
      let parts = name.split(separator: ".").map(String.init)
      let block = parts.first.flatMap { Int($0) }
      let rest = parts.dropFirst(block == nil ? 0 : 1)
      let role = rest.first.flatMap(WeightRole.init)
      switch (role, rest.dropFirst().first) {
      case (let role?, nil): replaced.insert(WeightID(role, block: block))
      case (let role?, "down"), (let role?, "up"), (let role?, "scale"):
        updated.insert(WeightID(role, block: block))
      case (let role?, let part?) where QuantisedMatrix.parts.contains(part):
        quantised.insert(WeightID(role, block: block))
      case (let role?, "mask"): masked.insert(WeightID(role, block: block))
      default: throw FileError(path, at: name, "is not the name of a weight")
      }
    }
    self.replaced = replaced
    self.updated = updated
    self.masked = masked
    var schemes: [WeightID: QuantisationScheme] = [:]
    for id in quantised {
      let tensor = try file.tensor("\(Self.name(of: id)).\(QuantisedMatrix.schemePart)")
      schemes[id] = try QuantisationScheme(tensor)
    }
    self.schemes = schemes
  }

  /// The weights that the file changes.
  var weights: Set<WeightID> {
    replaced.union(updated).union(masked).union(schemes.keys)
  }

  /// How the file's codes of a weight were made; nil where it has none.
  func scheme(of weight: WeightID) -> QuantisationScheme? { schemes[weight] }

  /// The codes that the file has in place of a weight; nil where it has none.
  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? {
    guard schemes[weight] != nil else { return nil }
    let name = Self.name(of: weight)
    return try QuantisedMatrix { try file.tensor("\(name).\($0)") }
  }

  /// The updates in the file.
  func updates() throws -> [WeightID: LowRankUpdate] {
    Dictionary(uniqueKeysWithValues: try updated.map { ($0, try update(of: $0)) })
  }

  /// The weight with the change that the file has for it, if any.
  func stored(_ weight: WeightID, over base: () throws -> Tensor) throws -> Tensor {
    let isReplaced = replaced.contains(weight)
    let tensor =
      try quantised(weight)?.dequantised()
      ?? (isReplaced ? file.tensor(Self.name(of: weight)) : base())
    guard updated.contains(weight) else { return tensor }
    return try update(of: weight).merged(into: tensor)
  }

  /// Whether the file has new values for the weight, or a new mask.
  func changes(_ weight: WeightID) -> Bool {
    replaced.contains(weight) || updated.contains(weight) || masked.contains(weight)
      || schemes[weight] != nil
  }

  /// Whether the file has a mask for the weight.
  func hasMask(_ weight: WeightID) -> Bool { masked.contains(weight) }

  /// The mask that the file has for the weight, which has as many columns as are said; nil where it
  /// has none.
  func mask(_ weight: WeightID, columns: () throws -> Int) throws -> Tensor? {
    guard masked.contains(weight) else { return nil }
    return try file.tensor("\(Self.name(of: weight)).mask").unpackedBits(columns: columns())
  }

  /// The tensors that the weight is made from, given those below the file.
  func places(of weight: WeightID, over base: [StoredPlace]) -> [StoredPlace] {
    let name = Self.name(of: weight)
    let codes = schemes[weight] == nil ? [] : QuantisedMatrix.parts
    let whole = replaced.contains(weight) ? [StoredPlace(file: file, tensor: name)] : base
    let parts =
      codes + (updated.contains(weight) ? ["down", "up", "scale"] : [])
      + (masked.contains(weight) ? ["mask"] : [])
    return whole + parts.map { StoredPlace(file: file, tensor: "\(name).\($0)") }
  }

  private func update(of weight: WeightID) throws -> LowRankUpdate {
    let name = Self.name(of: weight)
    return LowRankUpdate(
      down: try file.tensor("\(name).down"),
      up: try file.tensor("\(name).up"),
      scale: try file.tensor("\(name).scale").scalar()
    )
  }

  /// Writes a new file of weights, rounded to the given types, of updates and codes as they are, and of
  /// masks, which are bits.
  static func write(
    _ weights: [WeightID: Tensor],
    as types: [WeightID: DType],
    _ updates: [WeightID: LowRankUpdate],
    _ masks: [WeightID: Tensor],
    _ quantised: [WeightID: QuantisedMatrix],
    to path: String
  ) throws {
    var tensors = weights.map { (name: name(of: $0.key), tensor: $0.value) }
    for (weight, update) in updates {
      let name = name(of: weight)
      tensors.append(("\(name).down", update.down))
      tensors.append(("\(name).up", update.up))
      tensors.append(("\(name).scale", try Tensor([update.scale])))
    }
    for (weight, mask) in masks {
      tensors.append(("\(name(of: weight)).mask", mask))
    }
    for (weight, matrix) in quantised {
      tensors += try matrix.tensors().map { ("\(name(of: weight)).\($0.key)", $0.value) }
    }
    let rounding = types.map { (name(of: $0.key), $0.value) }
    try SafetensorsWriter.replace(
      path,
      by: tensors.sorted { $0.name < $1.name },
      rounding: Dictionary(uniqueKeysWithValues: rounding)
    )
  }

  /// The name of a weight in files of changes and of masks.
  static func name(of weight: WeightID) -> String {
    "\(weight.block.map { "\($0)." } ?? "")\(weight.role.rawValue)"
  }
}
