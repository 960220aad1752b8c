import BillhookFiles
import BillhookTorch

/// A weight source in which some weights are going to be quantised, by codes that are not known yet.
///
/// `check` and the outline of a plan ask such a model what it takes, and whether it can be changed.
struct PresumedCodes: WeightSource {
  private let base: any WeightSource
  private let scheme: QuantisationScheme
  private let weights: Set<WeightID>

  init(of weights: Set<WeightID>, _ scheme: QuantisationScheme, over base: any WeightSource) {
    self.base = base
    self.scheme = scheme
    self.weights = weights
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    try weights.contains(weight) ? .codes(scheme) : base.encoding(of: weight)
  }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { try base.quantised(weight) }

  func stored(_ weight: WeightID) throws -> Tensor { try base.stored(weight) }

  func mask(_ weight: WeightID) throws -> Tensor? { try base.mask(weight) }

  func hasMask(_ weight: WeightID) throws -> Bool { try base.hasMask(weight) }

  func places(of weight: WeightID) -> [StoredPlace] { base.places(of: weight) }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}
