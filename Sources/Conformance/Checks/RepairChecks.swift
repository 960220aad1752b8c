import BillhookCore
import BillhookPipeline

extension Trial {
  /// Repairs what cuts of heads and channels leave.
  func check(_ repair: any Repair, _ verdict: inout Verdict) {
    let kinds = units.filter { repair.granularities.contains($0.granularity) }
    verdict.require(!kinds.isEmpty, .declared, "it is for no kind of units; see `granularities`")
    for unit in kinds { check(repair, behind: unit, &verdict) }
    guard let unit = kinds.first else { return }
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
    behind unit: any PruningUnit,
    _ verdict: inout Verdict
  ) {
    let what = "repaired behind a cut of \(type(of: unit).name), \(name)"
    let gone = unit.units(of: model).compactMap(\.all.first)
    func logits(_ tokens: TokenSet, _ batch: Int? = nil) throws -> [Double] {
      let context = context(tokensAtOnce: batch, scratch: place("repair"))
      let repaired = try Repairing(model, context).repair(cut(gone, unit), by: repair, on: tokens)
      return try Traversal(repaired, context).logits(of: [tokens.windows[0].tokens]).doubles()
    }
    guard let expected = verdict.answer(what, { try logits(tokens) }) else { return }
    verdict.require(expected.allSatisfy(\.isFinite), .finite, "\(what) gives no numbers")
    let again = verdict.answer(what) { try logits(tokens) }
    verdict.require(again == expected, .deterministic, "\(what) is another one each time")
    for size in Self.batchSizes {
      guard let found = verdict.answer(what, { try logits(tokens, size) }) else { return }
      verdict.require(
        found,
        equal: expected,
        .batches,
        "\(what) is another one when \(size) tokens run at once"
      )
    }
  }

  /// What tells the files of a directory from others; the record of how they came about names their
  /// place.
  func hash(of directory: String) throws -> String {
    try FileSystem.names(in: directory).filter { $0 != "billhook.json" }.sorted().map { name in
      "\n\(name) \(SHA256.hex(try FileSystem.read("\(directory)/\(name)")))"
    }
    .joined()
  }
}
