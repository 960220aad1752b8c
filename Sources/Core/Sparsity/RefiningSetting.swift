import BillhookEngine
package import BillhookModels

/// A refiner that measures masks which are known already, and what adjusts weights afterwards.
package struct RefiningSetting: Sendable {
  /// The weights that can go.
  package let unit: any SparseUnit
  /// What exchanges them.
  package let refiner: any Refiner
  /// What adjusts the weights that stay; nil for nothing.
  package let repair: (any Repair)?

  /// Puts them together.
  package init(_ unit: any SparseUnit, by refiner: any Refiner, repairedBy repair: (any Repair)?) {
    self.unit = unit
    self.refiner = refiner
    self.repair = repair
  }

  /// What is measured.
  package var evidence: [any Evidence] { refiner.evidence + (repair?.evidence ?? []) }

  /// What of that runs through blocks.
  var activations: [any ActivationEvidence] {
    evidence.distinct.compactMap { $0 as? any ActivationEvidence }
  }

  /// What of that is gradients.
  var gradients: [any GradientEvidence] {
    evidence.distinct.compactMap { $0 as? any GradientEvidence }
  }

  /// The memory of exchanging weights beside what measuring takes, in bytes: the weights, scores and both
  /// orders of what is compared together; then what the repair takes.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - share: The share of the weights that is zero afterwards, from 0 to 1.
  /// - Returns: The bytes, about.
  package func bytes(on model: LanguageModel, removing share: Double) -> Int {
    let modules = model.blocks.flatMap { block in
      let own = model.configuration.weights(of: block).filter { unit.roles.contains($0.id.role) }
      return [true, false].map { isAttention in
        own.filter { $0.id.role.isOfAttention == isAttention }.map { $0.shape.reduce(1, *) }
      }
    }
    let compared = modules.map { sizes in
      let together = refiner.group == .module ? sizes.reduce(0, +) : sizes.max() ?? 0
      return 40 * together + 8 * sizes.reduce(0, +)
    }
    let weights = repair == nil ? 0 : 4 * (modules.map { $0.reduce(0, +) }.max() ?? 0)
    return (compared.max() ?? 0) + weights +| unit.bytes(of: repair, on: model, removing: share)
  }

  /// The floating-point operations of a pass, about.
  ///
  /// A block is run three times; the whole one beside it once, with gradients.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The number of calibration tokens; nil where only the data tells.
  ///   - share: The share of the weights that is zero afterwards.
  /// - Returns: What running and measuring takes, nil where that is not known; and what solving takes.
  package func operations(
    on model: LanguageModel,
    tokens: Int?,
    removing share: Double
  ) -> (measuring: Double?, solving: Double) {
    let weights = model.configuration.allWeights.filter { $0.id.role.kind == .projection }
      .reduce(0.0) { $0 + Double($1.shape.reduce(1, *)) }
    let (products, solving) = unit.operations(
      of: repair,
      measuring: evidence,
      on: model,
      removing: share
    )
    return (tokens.map { Double($0) * (2 * (3 + 3) * weights + products) }, solving)
  }

  /// Why calibration data is too little to tell all inputs of a projection apart; nil where it is not,
  /// and where only single inputs are measured.
  package func shortage(on model: LanguageModel, tokens: Int) -> String? {
    unit.shortage(of: evidence, on: model, tokens: tokens)
  }
}
