import BillhookCore

extension ScoreStep {
  /// The key of the scores.
  func key(of state: ModelState, _ keys: StageKeys) throws -> StageKey {
    try keys.key(
      "scores",
      of: [("model", state)],
      [
        "unit": try keys.plugin(unit),
        "criterion": try keys.plugin(criterion),
        "data": try calibration.map(keys.tokens) ?? .null,
      ],
      addsUp: criterion.addsUp
    )
  }

  /// The scores of a model's units; nil when they were not computed yet.
  func known(of state: ModelState, _ known: KnownStages) throws -> Scores? {
    let key = try key(of: state, known.keys)
    guard let json = try known.store.result(of: key) else { return nil }
    let blocks = unit.units(of: state.model)
    let found = json["scores"]?.members ?? []
    let values = found.compactMap { $0.value == "infinity" ? .infinity : $0.value.double }
    let spans = json["spans"].flatMap(SpanScores.init)
    let isComplete = found.map(\.key) == blocks.flatMap(\.all).map { "\($0.number)" }
    guard isComplete, criterion.choosesNeighbours == (spans != nil),
      let scores = try? Scores(
        criterion: criterion.signature,
        scale: criterion.scale,
        blocks: blocks,
        values: values,
        spans: spans,
        whole: json["whole"]?.double
      )
    else {
      known.store.refuse(key)
      return nil
    }
    return scores
  }

  /// Keeps scores: one for each unit, and one for each span where there are spans.
  func keep(_ scores: Scores, of state: ModelState, _ known: KnownStages) throws {
    var json = [JSON.Member(key: "scores", value: scores.json)]
    if let spans = scores.spans { json.append(JSON.Member(key: "spans", value: spans.json)) }
    if let whole = scores.whole.flatMap(JSONNumber.init) {
      json.append(JSON.Member(key: "whole", value: .number(whole)))
    }
    try known.store.keep(.object(json), of: try key(of: state, known.keys))
  }
}

extension [ScoreStep] {
  /// The scores of several kinds of units; nil when any are missing.
  func known(of state: ModelState, _ known: KnownStages) throws -> [Scores]? {
    let found = try compactMap { try $0.known(of: state, known) }
    return found.count == count ? found : nil
  }
}

extension Criterion {
  /// Whether several processes add up rounded numbers for its scores.
  var addsUp: Bool { evidence.contains { !($0 is any RemovalEvidence) } }
}
