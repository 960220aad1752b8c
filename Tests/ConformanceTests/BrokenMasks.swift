import BillhookCore
import Synchronization

/// Units of single weights and repairs that each break one promise of masks.
enum BrokenMasks {
  // MARK: Units

  struct OfNorms: SparseUnit {
    static let name = "of_norms"
    static let summary = "Single weights, also of what is no projection."
    let roles: Set<WeightRole> = [.attentionNorm, .down]
    let pattern: SparsityPattern? = nil
    let group: ComparisonGroup? = nil
    let rounding = CountRounding.down
    let choice: MaskChoice? = nil
    let order: SequentialOrder? = nil
  }

  /// Rounds counts in another way each time that it is asked.
  struct Wavering: SparseUnit {
    static let name = "wavering"
    static let summary = "Single weights, of which now and then one more goes."
    static let calls = Atomic<Int>(0)
    let roles = WeightRole.projections
    let pattern: SparsityPattern? = nil
    let group: ComparisonGroup? = nil
    let choice: MaskChoice? = nil
    let order: SequentialOrder? = nil

    var rounding: CountRounding {
      let call = Self.calls.add(1, ordering: .relaxed).newValue
      return call.isMultiple(of: 2) ? .down : .downPlusOne
    }
  }

  // MARK: Repairs

  /// Has nothing go, by changing the mask that it is shown.
  struct Filling: Repair {
    static let name = "filling"
    static let summary = "Keeps everything."
    let evidence: [any Evidence] = []
    let granularities: Set<UnitGranularity> = [.weight]

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      let mask = try cut.kept(0..<cut.weight.shape[1], of: cut.weight)
      try mask.copy(from: .full(mask.shape, 1, dtype: .bool))
      return RepairedProjection()
    }
  }

  /// Changes weights by more each time.
  struct Growing: Repair {
    static let name = "growing"
    static let summary = "Makes the weights that stay larger each time."
    static let calls = Atomic<Int>(0)
    let evidence: [any Evidence] = []
    let granularities: Set<UnitGranularity> = [.weight]

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      let call = Self.calls.add(1, ordering: .relaxed).newValue
      return RepairedProjection(weight: try cut.weight * (2 + Double(call) * 0.01))
    }
  }

  /// Asks for the last columns first.
  struct Backward: Repair {
    static let name = "backward"
    static let summary = "Goes through the columns from the last to the first."
    let evidence: [any Evidence] = []
    let granularities: Set<UnitGranularity> = [.weight]
    let slab: Int? = 4

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      for columns in cut.parts.reversed() {
        _ = try cut.kept(columns, of: cut.weight.narrowed(1, to: columns))
      }
      return RepairedProjection()
    }
  }

  /// Does harm where the mask is not known beforehand.
  struct Doubling: Repair {
    static let name = "doubling"
    static let summary = "Doubles what stays of a mask that is chosen on the way."
    let evidence: [any Evidence] = []
    let granularities: Set<UnitGranularity> = [.weight]
    let slab: Int? = 8

    func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
      guard cut.step != nil else { return RepairedProjection() }
      for columns in cut.parts {
        _ = try cut.kept(columns, of: cut.weight.narrowed(1, to: columns))
      }
      return RepairedProjection(weight: try cut.weight * 2)
    }
  }
}

extension ProjectionCut {
  /// The ranges of columns whose masks are asked for one after the other.
  fileprivate var parts: [Range<Int>] {
    let width = weight.shape[1]
    let step = self.step ?? width
    return stride(from: 0, to: width, by: step).map { $0..<min($0 + step, width) }
  }
}
