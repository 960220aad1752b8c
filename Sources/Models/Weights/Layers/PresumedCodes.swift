import BillhookTorch

/// A weight source in which some weights are going to be quantised, by codes that are not known yet.
///
/// `check` and the outline of a plan ask such a model what it takes, and whether it can be changed.
struct PresumedCodes: WeightLayer {
  let base: any WeightSource
  private let scheme: QuantisationScheme
  private let weights: Set<WeightID>

  init(of weights: Set<WeightID>, _ scheme: QuantisationScheme, over base: any WeightSource) {
    self.base = base
    self.scheme = scheme
    self.weights = weights
  }

  func changes(_ weight: WeightID) -> Bool { false }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    try weights.contains(weight) ? .codes(scheme) : base.encoding(of: weight)
  }
}
