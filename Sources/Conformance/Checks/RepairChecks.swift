import BillhookCore
import BillhookPipeline

extension Trial {
  /// Repairs projections by themselves, models after cuts of heads and channels, and models that lose
  /// single weights.
  func check(_ repair: any Repair, _ verdict: inout Verdict) {
    let kinds = units.filter { repair.granularities.contains($0.granularity) }
    verdict.require(
      !kinds.isEmpty || repair.granularities.contains(.weight),
      .declared,
      "it supports no kind of units; see `granularities`"
    )
    for unit in kinds { check(repair, after: unit, &verdict) }
    let losesWeights = repair.granularities.contains(.weight)
    if losesWeights { checkMasks(repairedBy: repair, &verdict) }
    checkReconstruction(repair, &verdict)
    if let unit = kinds.first { checkResuming(repair, after: unit, &verdict) }
    if losesWeights { checkResumingMasks(repairedBy: repair, &verdict) }
  }

  private func checkResuming(
    _ repair: any Repair,
    after unit: any PruningUnit,
    _ verdict: inout Verdict
  ) {
    checkResuming(
      { place in
        """
        prune \(unit.recipeName) on windows { by magnitude, remove 34%, repair \(repair.recipeText()) }
        evaluate perplexity on windows
        save "\(place)/out" { architecture = custom }
        """
      },
      with: repair,
      inStage: "repair",
      &verdict
    ) { outcome, place in
      try "\(outcome.report.rows.flatMap(\.metrics).map(\.value))\(hash(of: "\(place)/out"))"
    }
  }

  private func check(
    _ repair: any Repair,
    after unit: any PruningUnit,
    _ verdict: inout Verdict
  ) {
    let what = "\(name) repaired after a cut of \(type(of: unit).name)"
    let gone = unit.units(of: model).compactMap(\.all.first)
    func logits(_ tokens: TokenSet, _ batch: Int? = nil) throws -> [Double] {
      let context = context(tokensAtOnce: batch, scratch: place("repair"))
      let repaired = try Repairing(model, context).repair(cut(gone, unit), by: repair, on: tokens)
      return try Traversal(repaired, context).logits(of: [tokens.windows[0].tokens]).doubles()
    }
    guard let expected = verdict.answer(what, { try logits(tokens) }) else { return }
    verdict.require(expected.allSatisfy(\.isFinite), .finite, "\(what): logits are not finite")
    let again = verdict.answer(what) { try logits(tokens) }
    verdict.require(again == expected, .deterministic, "\(what) differs from one call to the next")
    _ = checkBatches("\(what) is", equal: expected, &verdict) { try logits(tokens, $0) }
  }

  /// A hash of the files of a directory, without the record of how they came about and the card, which
  /// name their path.
  func hash(of directory: String) throws -> String {
    let names = try FileSystem.names(in: directory).filter {
      $0 != "billhook.json" && $0 != "README.md"
    }
    return try names.sorted().map { name in
      "\n\(name) \(SHA256.hex(try FileSystem.read("\(directory)/\(name)")))"
    }
    .joined()
  }
}
