/// The weights that a layer of copies on a device answers for.
enum OwnWeights: Sendable {
  /// Every weight.
  case all
  /// These; the others stay in a layer below.
  case some(Set<WeightID>)

  /// Whether a weight is one of them.
  func contains(_ weight: WeightID) -> Bool {
    switch self {
    case .all: true
    case .some(let weights): weights.contains(weight)
    }
  }

  /// The weights of a source that do not stay on a device yet: all where none stay, or else those that
  /// files changed since.
  init(of source: any WeightSource) {
    var changed: Set<WeightID> = []
    var source = source
    while let layer = source as? any WeightLayer {
      if layer is ResidentWeights {
        self = .some(changed)
        return
      }
      if let edited = layer as? EditedWeights { changed.formUnion(edited.changedWeights) }
      source = layer.base
    }
    self = .all
  }
}
