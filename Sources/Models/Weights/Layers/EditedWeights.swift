import BillhookFiles
import BillhookTorch

/// A weight source in which some weights are replaced, updated or masked by files.
///
/// The newest mask of a weight is applied last, so that no change on top of it fills a zero.
struct EditedWeights: WeightLayer {
  let base: any WeightSource
  /// The files, later ones on top of earlier ones.
  private(set) var edits: [WeightEdits] = []

  init(over base: any WeightSource) {
    self = (base as? EditedWeights) ?? EditedWeights(base: base)
  }

  private init(base: any WeightSource) { self.base = base }

  func changes(_ weight: WeightID) -> Bool { edits.contains { $0.changes(weight) } }

  /// The weights that the files change.
  var changedWeights: Set<WeightID> { edits.reduce(into: []) { $0.formUnion($1.weights) } }

  func stored(_ weight: WeightID) throws -> Tensor {
    let tensor = try stored(weight, below: edits.count)
    guard changes(weight), let mask = try mask(weight) else {
      return tensor
    }
    return try tensor.keeping(mask)
  }

  func mask(_ weight: WeightID) throws -> Tensor? {
    for edits in edits.reversed() {
      let mask = try edits.mask(weight) { try base.stored(weight).shape.last ?? 0 }
      if let mask { return mask }
    }
    return try base.mask(weight)
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    try edits.contains { $0.hasMask(weight) } || base.hasMask(weight)
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    // Whatever changed a weight that was in codes or blocks, they are no longer those of the weight.
    guard let newest = edits.last(where: { $0.changes(weight) }) else {
      return try base.encoding(of: weight)
    }
    return try newest.scheme(of: weight).map { .codes($0) } ?? .numbers(storedType(weight))
  }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? {
    guard let newest = edits.last(where: { $0.changes(weight) }) else {
      return try base.quantised(weight)
    }
    return try newest.quantised(weight)
  }

  private func stored(_ weight: WeightID, below count: Int) throws -> Tensor {
    guard count > 0 else { return try base.stored(weight) }
    let edited = try edits[count - 1].stored(weight) { try stored(weight, below: count - 1) }
    // Rounded as it will be saved, so that measurements are of the saved values.
    return try edited.to(base.storedType(weight))
  }

  func places(of weight: WeightID) -> [StoredPlace] {
    edits.reduce(base.places(of: weight)) { $1.places(of: weight, over: $0) }
  }

  func storedType(_ weight: WeightID) throws -> DType {
    // A changed weight keeps its stored type, whatever type it was computed in.
    try base.storedType(weight)
  }

  mutating func add(_ new: WeightEdits) { edits.append(new) }
}
