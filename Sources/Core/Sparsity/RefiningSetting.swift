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
  /// orders of what is compared together.
  package func bytes(on model: LanguageModel) -> Int {
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
    return compared.max() ?? 0
  }

  /// The floating-point operations of running and measuring, about; nil where only the data tells how many
  /// tokens there are.
  ///
  /// A block is run three times; the whole one beside it once, with gradients.
  package func operations(on model: LanguageModel, tokens: Int?) -> Double? {
    let weights = model.configuration.allWeights.filter { $0.id.role.kind == .projection }
      .reduce(0.0) { $0 + Double($1.shape.reduce(1, *)) }
    return tokens.map { Double($0) * 2 * (3 + 3) * weights }
  }
}
