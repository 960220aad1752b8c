package import BillhookCore

extension SparsePruneStep {
  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    var estimate: MemoryEstimate
    if let data {
      estimate = try needs.memory(
        gathering: setting.evidence,
        of: model,
        on: data,
        showing: setting.unit.roles
      )
      estimate.bytes = estimate.bytes +| setting.bytes(on: model, removing: share)
    } else {
      estimate = MemoryEstimate(
        bytes: try needs.traversal(of: model).weights()
          +| setting.bytes(on: model, removing: share),
        isLeast: false
      )
    }
    let shares = try sharing?.memory(on: model, needs)
    let refined = try refining?.memory(on: model, removing: share, needs)
    return [estimate, shares, refined].compactMap(\.self).max { $0.bytes < $1.bytes }
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    let kept = try setting.unit.bytesKept(on: model, repairedBy: setting.repair)
    let waiting = try data.map {
      try needs.onDisk(gathering: setting.evidence, of: model, on: $0)
    }
    // Files of blocks are there until they are one file; values that wait take four bytes each.
    let values =
      setting.group == .model && setting.unit.pattern == nil
      ? 4 *| SparseShares.sizes(of: setting.unit.roles, in: model).reduce(0) { $0 + $1.count } : 0
    let passing = (waiting ?? 0) +| kept +| values
    guard let refined = try refining?.disk(on: model, needs) else {
      return DiskNeed(kept: kept, passing: passing)
    }
    return DiskNeed(kept: kept +| refined.kept, passing: max(passing, refined.passing))
  }
}
