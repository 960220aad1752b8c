package import BillhookCore

/// A model on its way through a plan: what it is now, and everything that was done to it.
package struct ModelState {
  package var model: LanguageModel
  /// What was done to it, in order; what it is known by, its record and its label follow from that.
  package private(set) var changes: [Change] = []
  /// A directory that holds the model as it stands; nil where there is none.
  package var savedAs: String?

  /// A model to which nothing was done yet.
  package init(model: LanguageModel, savedAs: String? = nil) {
    self.model = model
    self.savedAs = savedAs
  }

  /// The model that a plan starts with, as it was opened.
  init(opening step: ModelStep, _ opened: LanguageModel, savedAs: String? = nil) {
    self.init(model: opened, savedAs: savedAs)
    for text in step.derivation {
      note(.statement(Change.Wording(derivation: text, label: nil)))
    }
  }

  /// Notes a change; the model as it stands is in no directory then.
  mutating func note(_ change: Change) {
    changes.append(change)
    if !change.isWord { savedAs = nil }
  }
}

/// Something that was done to a model.
package enum Change {
  /// Units of one kind went.
  case removal(Removal)
  /// Weights were made, by a training or a repair; the key holds what they were made from.
  case product(StageKey)
  /// Single weights are held at zero.
  case masking(Masking)
  /// Weights are codes from here on.
  case quantisation(Quantisation)
  /// A statement of the recipe, or what comes before all of them, is over.
  case statement(Wording)

  /// One removal, with everything it was decided by; its calibration windows are made again where they
  /// are needed.
  package struct Removal {
    /// The name of the kind of units.
    let unit: String
    let amount: Amount
    let keep: Keep
    /// What scored the units; nil where they were named.
    let criterion: (any Criterion)?
    /// The key of the data that the criterion was given; nil when it needed none.
    let calibration: String?
    /// The scores of all units of the kind; nil where nothing scored them.
    let scores: Scores?
    /// The units that went, by their numbers in the model as it was opened, sorted.
    let removed: [Int]
  }

  /// Masks, with everything that they were decided by.
  package struct Masking {
    /// What the masks, and the weights that a repair adjusted, are known by.
    let key: StageKey
    /// The unit with its settings.
    let unit: String
    /// The criterion with its settings.
    let criterion: String
    /// What improved the masks, with its settings; nil for nothing.
    let refiner: String?
    /// What adjusted the weights that stay, with its settings; nil for nothing.
    let repair: String?
    /// What divided the amount among blocks, with its settings.
    let allocation: String
    /// How much, as a recipe writes it.
    let amount: String
    let keep: Keep
    /// The key of the data that the criterion was given; nil when it needed none.
    let calibration: String?
  }

  /// Codes in place of weights, with everything that they were decided by.
  package struct Quantisation {
    /// What the codes are known by.
    let key: StageKey
    /// How weights became codes.
    let settings: String
    /// The quantiser with its settings.
    let quantiser: String
    let keep: Keep
    /// The key of the data that the quantiser was given; nil when it needed none.
    let calibration: String?
  }

  /// A statement in words.
  package struct Wording {
    /// What it did, with everything that the recipe says about it, for the record of a saved model.
    let derivation: String
    /// The same in a few words, for rows of the report; nil for what they do not mention.
    let label: String?
    /// The same without how much of it, which models of one method have in common.
    let method: String?

    /// Words of a statement that says no amount, unless a method is named apart.
    init(derivation: String, label: String?, method: String? = nil) {
      self.derivation = derivation
      self.label = label
      self.method = method ?? label
    }
  }

  fileprivate var isWord: Bool { if case .statement = self { true } else { false } }
}

extension ModelState {
  /// What was removed, in order.
  var removals: [Change.Removal] {
    changes.compactMap { if case .removal(let removal) = $0 { removal } else { nil } }
  }

  /// The masks that were made, in order.
  var maskings: [Change.Masking] {
    changes.compactMap { if case .masking(let masking) = $0 { masking } else { nil } }
  }

  /// The quantisations, in order.
  var quantisations: [Change.Quantisation] {
    changes.compactMap { change in
      if case .quantisation(let quantisation) = change { quantisation } else { nil }
    }
  }

  /// The keys of the weights, masks and codes that were made, in order.
  var products: [StageKey] {
    changes.compactMap { change in
      switch change {
      case .product(let key): key
      case .masking(let masking): masking.key
      case .quantisation(let quantisation): quantisation.key
      case .removal, .statement: nil
      }
    }
  }

  /// What was done to the source, step by step, as the recipe says it.
  var derivation: [String] { wordings.map(\.derivation) }

  /// What rows of the report say of a model to which nothing was done.
  static let untouched = "as opened"

  /// What was done to it, as rows of the report say it.
  var label: String {
    let labels = wordings.compactMap(\.label)
    return labels.isEmpty ? Self.untouched : labels.joined(separator: " ")
  }

  /// What was done to it, without how much of it.
  var method: String {
    let methods = wordings.compactMap(\.method)
    return methods.isEmpty ? Self.untouched : methods.joined(separator: " ")
  }

  private var wordings: [Change.Wording] {
    changes.compactMap { if case .statement(let wording) = $0 { wording } else { nil } }
  }

  /// The units that are gone, by their kind; together with the source and the products they make the
  /// model.
  var removed: [String: Set<Int>] {
    removals.reduce(into: [:]) { $0[$1.unit, default: []].formUnion($1.removed) }
  }

  /// What identifies the model among others of the same source.
  ///
  /// Whatever chose the units, and in whatever order: without the same units it is the same model.
  ///
  /// - Parameter product: What its products are known by.
  /// - Returns: The units that are gone, and the products.
  func identity(_ product: (StageKey) -> String) -> JSON {
    let members = removed.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
      kind,
      numbers in
      let ranges = numbers.sorted().ranges.map { [$0.lowerBound, $0.upperBound].keyPart }
      return JSON.Member(key: kind, value: .array(ranges))
    }
    let products = products.map { JSON.string(product($0)) }
    return ["removed": .object(members), "products": .array(products)]
  }

  /// The same as one word.
  var identityHash: String { SHA256.hex(Array(identity(\.hash).text().utf8)) }
}

extension [Int] {
  /// Ascending numbers in a few words: `0..3, 7`.
  package var runs: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
      .joined(separator: ", ")
  }

  /// Ascending numbers as ranges without gaps.
  var ranges: [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for number in self {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges
  }
}
