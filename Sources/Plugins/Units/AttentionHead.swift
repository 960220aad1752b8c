import BillhookCore

/// Attention heads: a KV head with all query heads that share it, or single query heads.
///
/// With grouped-query attention (Ainslie et al., GQA, 2023, arXiv 2305.13245) a KV head serves a
/// group of query heads, and every group has to have the same number of them. So either whole
/// groups go, or the same number of query heads inside every group. Without grouping, both are the
/// same heads.
struct AttentionHead: PruningUnit {
  static let name = "attention_head"
  static let summary = "Attention heads: KV groups with their query heads, or query heads alone."
  static let defaultAllocation = "uniform"

  /// What one unit is.
  enum HeadGranularity: String, Choice {
    /// A KV head with its query heads: rows of query, key and value, columns of output.
    case kvGroup = "kv_group"
    /// A query head: rows of query, columns of output; each group loses equally many.
    case queryHead = "query_head"
  }

  /// What one unit is.
  var headGranularity = HeadGranularity.kvGroup

  static let parameters = [
    Parameter<AttentionHead>(
      "granularity",
      \.headGranularity,
      help: "whole KV groups, or as many query heads inside each group"
    )
  ]

  var granularity: UnitGranularity { .heads }

  /// The groups or query heads of each block; one stays at least, or one in each group.
  func units(of model: LanguageModel) -> [BlockUnits] {
    let shapes = Dictionary(uniqueKeysWithValues: model.blocks.map { ($0.sourceIndex, $0) })
    var start = 0
    var found: [BlockUnits] = []
    for opened in model.opened.blocks {
      guard let whole = opened.attention else { continue }
      defer { start += headGranularity == .kvGroup ? whole.keyValueHeads : whole.queryHeads }
      guard let block = shapes[opened.sourceIndex], let attention = block.attention else {
        continue
      }
      let heads = model.queryHeads(ofBlock: block.sourceIndex)
      var groups = heads.map { $0 / whole.headsPerGroup }
      groups = groups.indices.filter { $0 == 0 || groups[$0] != groups[$0 - 1] }.map { groups[$0] }
      var units = BlockUnits(
        kind: headGranularity == .kvGroup ? Self.name : headGranularity.rawValue,
        granularity: granularity,
        block: block.sourceIndex,
        start: start,
        places: headGranularity == .kvGroup ? groups : heads,
        slices: model.configuration.weights(of: block).compactMap { slice($0, of: attention) }
      )
      units.sets = headGranularity == .kvGroup ? 1 : attention.keyValueHeads
      units.minimum = units.sets
      found.append(units)
    }
    return found
  }

  /// Norms over all heads make heads depend on each other.
  func obstacle(to model: LanguageModel) -> String? {
    model.blocks.lazy.compactMap { $0.attention?.whyHeadsStay }.first
  }

  private func slice(
    _ weight: (id: WeightID, shape: [Int]),
    of attention: AttentionShape
  ) -> Slice? {
    let isGroup = headGranularity == .kvGroup
    let queries = attention.headSize * (isGroup ? attention.headsPerGroup : 1)
    return switch weight.id.role {
    case .query, .queryBias:
      Slice(weight.id, shape: weight.shape, dimension: 0, extent: queries)
    case .key, .value, .keyBias, .valueBias:
      isGroup
        ? Slice(weight.id, shape: weight.shape, dimension: 0, extent: attention.headSize) : nil
    case .output: Slice(weight.id, shape: weight.shape, dimension: 1, extent: queries)
    default: nil
    }
  }

  /// The query heads give zeros to the output projection.
  func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
    var gates = gates
    for (block, units) in Dictionary(grouping: units, by: \.block) {
      var places = Set(units.map(\.place))
      if headGranularity == .kvGroup {
        let opened = model.opened.blocks.first { $0.sourceIndex == block }?.attention
        let perGroup = opened?.headsPerGroup ?? 1
        places = Set(
          model.queryHeads(ofBlock: block).filter { places.contains($0 / perGroup) }
        )
      }
      gates.close(heads: places, ofBlock: block)
    }
    return gates
  }
}

extension AttentionShape {
  /// The query heads that share a KV head.
  fileprivate var headsPerGroup: Int { queryHeads / keyValueHeads }
}
