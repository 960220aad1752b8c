import BillhookFiles
import BillhookTorch

/// A weight source that shows only some rows or columns of some weights.
struct SelectedWeights: WeightSource {
  private let base: any WeightSource
  private var selections: [WeightID: Selection]

  /// Which rows (dimension 0) or columns (dimension 1) of a weight are left, in order.
  struct Selection: Sendable, Equatable {
    let dimension: Int
    let positions: [Int]
  }

  init(_ selections: [WeightID: Selection], of base: any WeightSource) {
    guard let inner = base as? SelectedWeights else {
      self.base = base
      self.selections = selections
      return
    }
    // A selection of a selection becomes one selection, however often a model is pruned.
    self.base = inner.base
    self.selections = inner.selections.merging(selections) { old, new in
      Selection(dimension: new.dimension, positions: new.positions.map { old.positions[$0] })
    }
  }

  func stored(_ weight: WeightID) throws -> Tensor { try selected(base.stored(weight), weight) }

  func mask(_ weight: WeightID) throws -> Tensor? {
    try base.mask(weight).map { try selected($0, weight) }
  }

  func hasMask(_ weight: WeightID) throws -> Bool { try base.hasMask(weight) }

  private func selected(_ whole: Tensor, _ weight: WeightID) throws -> Tensor {
    guard let selection = selections[weight] else { return whole }
    return try whole.selecting(
      selection.dimension,
      Tensor(selection.positions).to(device: whole.device)
    )
  }

  func places(of weight: WeightID) -> [StoredPlace] { base.places(of: weight) }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }
}
