import BillhookCore

/// The record that travels with a saved model: how it came about, enough to make it again.
struct Provenance {
  /// The text of the recipe.
  let recipe: String
  /// The path of the source model as the recipe names it.
  let source: String
  /// What was removed, in order.
  let removals: [Removal]
  /// What masks hold at zero, in order.
  var maskings: [Masking] = []
  /// What is in codes, in order.
  var quantisations: [Quantisation] = []
  /// What was done to the source, step by step.
  let derivation: [String]
  /// The number of parameters, and of those that no mask holds at zero.
  let parameters: (all: Int, nonZero: Int)

  /// One removal with everything it was decided by.
  struct Removal {
    let unit: String
    let amount: String
    let keep: String
    /// The scores of all units of the kind; nil where nothing scored them.
    let scores: Scores?
    let removed: [Int]
    /// The windows that the criterion was given; nil when it needed no data.
    let tokens: TokenSet?
  }

  /// Masks with everything that they were decided by.
  struct Masking {
    let unit: String
    let criterion: String
    let refiner: String?
    let repair: String?
    let allocation: String
    let amount: String
    let keep: String
    /// The windows that the criterion was given; nil when it needed no data.
    let tokens: TokenSet?

    init(_ masking: Change.Masking, tokens: TokenSet?) {
      unit = masking.unit
      criterion = masking.criterion
      refiner = masking.refiner
      repair = masking.repair
      allocation = masking.allocation
      amount = masking.amount
      keep = "\(masking.keep)"
      self.tokens = tokens
    }
  }

  /// Codes with everything that they were decided by.
  struct Quantisation {
    let settings: String
    let quantiser: String
    let keep: String
    /// The windows that the quantiser was given; nil when it needed no data.
    let tokens: TokenSet?

    init(_ quantisation: Change.Quantisation, tokens: TokenSet?) {
      settings = quantisation.settings
      quantiser = quantisation.quantiser
      keep = "\(quantisation.keep)"
      self.tokens = tokens
    }
  }

  /// The text of the record; it holds no time and no path of this machine, so equal runs write
  /// equal bytes.
  ///
  /// - Parameter files: The files beside it.
  /// - Returns: The text.
  func text(with files: WrittenFiles) -> String {
    SealedDocument.text(members + [JSON.Member(key: SavedRecord.files, value: files.json)])
  }

  private var members: [JSON.Member] {
    let json: JSON = [
      "billhook": .string(BillhookVersion.current),
      "source": .string(source),
      "recipe_sha256": .string(SHA256.hex(recipe)),
      "recipe": .string(recipe),
      "steps": .array(derivation.map(JSON.string)),
      "removed": .array(removals.map(\.json)),
      "masked": .array(maskings.map(\.json)),
      "quantised": .array(quantisations.map(\.json)),
      "parameters": parameters.all.keyPart,
      "non_zero_parameters": parameters.nonZero.keyPart,
    ]
    return json.members ?? []
  }
}

extension Provenance.Removal {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init(key: "unit", value: .string(unit))]
    if let scores { members.append(.init(key: "criterion", value: .string(scores.criterion))) }
    members += [
      .init(key: "amount", value: .string(amount)),
      .init(key: "keep", value: .string(keep)),
      .init(key: "removed", value: .array(removed.map { .number(JSONNumber($0)) })),
    ]
    if let scores { members.append(.init(key: "scores", value: scores.json)) }
    if let tokens { members.append(.init(calibration: tokens)) }
    return .object(members)
  }
}

extension Provenance.Masking {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      .init(key: "unit", value: .string(unit)),
      .init(key: "criterion", value: .string(criterion)),
      .init(key: "amount", value: .string(amount)),
      .init(key: "keep", value: .string(keep)),
      .init(key: "allocation", value: .string(allocation)),
    ]
    if let refiner { members.append(.init(key: "refiner", value: .string(refiner))) }
    if let repair { members.append(.init(key: "repair", value: .string(repair))) }
    if let tokens { members.append(.init(calibration: tokens)) }
    return .object(members)
  }
}

extension Provenance.Quantisation {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      .init(key: "settings", value: .string(settings)),
      .init(key: "quantiser", value: .string(quantiser)),
      .init(key: "keep", value: .string(keep)),
    ]
    if let tokens { members.append(.init(calibration: tokens)) }
    return .object(members)
  }
}

extension JSON.Member {
  /// The windows that a criterion was given, token by token.
  fileprivate init(calibration tokens: TokenSet) {
    let text = TokenFile.text(tokens)
    self.init(
      key: "calibration",
      value: [
        "windows": .string(tokens.note),
        "tokens_sha256": .string(SHA256.hex(text)),
        "tokens": .array(text.split(separator: "\n").map { .string(String($0)) }),
      ]
    )
  }
}
