import BillhookFiles
import BillhookTorch

/// A weight source that lends some weights as they are, and their masks not at all.
struct UnmaskedWeights: WeightSource {
  private let base: any WeightSource
  private let unmasked: Set<WeightID>

  init(_ unmasked: Set<WeightID>, over base: any WeightSource) {
    self.base = base
    self.unmasked = unmasked
  }

  func stored(_ weight: WeightID) throws -> Tensor { try base.stored(weight) }

  func mask(_ weight: WeightID) throws -> Tensor? {
    unmasked.contains(weight) ? nil : try base.mask(weight)
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    try !unmasked.contains(weight) && base.hasMask(weight)
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding { try base.encoding(of: weight) }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { try base.quantised(weight) }

  func places(of weight: WeightID) -> [StoredPlace] { base.places(of: weight) }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}
