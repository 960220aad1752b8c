import BillhookCore

extension Trial {
  /// Saves a model that lost a block; what is saved is compared as in every run.
  func check(_ format: any Format, _ verdict: inout Verdict) {
    for (id, _) in model.configuration.allWeights {
      let type = verdict.answer("the type of \(id)") { try format.dtype(of: id, in: model) }
      verdict.require(
        type?.isFloatingPoint ?? true,
        .finite,
        "\(id) would be written in \(type?.rawValue ?? ""), which cannot hold fractions"
      )
    }
    guard format.obstacle(to: model) == nil else { return }
    checkResuming(
      { place in
        """
        prune block { by magnitude, remove [1] }
        save \(format.recipeName) "\(place)/out" { \(format.recipeSettings.joined(separator: ", ")) }
        """
      },
      with: format,
      inStage: "save",
      &verdict
    ) { try hash(of: "\($1)/out") }
  }
}
