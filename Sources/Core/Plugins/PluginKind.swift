import BillhookFiles

/// The kinds of plugins; each is also a word, as in `billhook new plugin --kind unit`.
public enum PluginKind: String, Sendable, CaseIterable {
  /// What lives or dies together.
  case unit
  /// What gives units their scores.
  case criterion
  /// What is measured before something is scored, shared out, refined, repaired or quantised.
  case evidence
  /// What says where the amount falls.
  case allocation
  /// What finds the units that go by the losses of candidates.
  case search
  /// What exchanges weights of a mask.
  case refiner
  /// What adjusts what stays.
  case repair
  /// What chooses the codes of weights.
  case quantiser
  /// What trains a model.
  case recovery
  /// What reads texts, conversations or questions.
  case data
  /// What measures a model.
  case evaluation
  /// What writes a model.
  case format

  /// The name of one.
  public var noun: String {
    switch self {
    case .unit: "pruning unit"
    case .data: "data source"
    default: rawValue
    }
  }

  /// The name of one with its article.
  public var phrase: String {
    switch self {
    case .evidence: "a kind of evidence"
    default: noun.withArticle
    }
  }

  /// The name of several.
  public var plural: String {
    switch self {
    case .criterion: "criteria"
    case .recovery: "recoveries"
    case .evidence: "kinds of evidence"
    case .search: "searches"
    default: "\(noun)s"
    }
  }

  /// Where recipes name a plugin of the kind, in code marks; nil where they name none.
  public func place(of name: String) -> String? {
    switch self {
    case .unit: "`prune \(name)`, `score \(name)`"
    case .criterion: "`by \(name)` in `prune` and `score`"
    case .evidence: nil
    case .allocation: "`allocate \(name)` in `prune`"
    case .search: "`search \(name)` in `prune`"
    case .refiner: "`refine \(name)` in `prune`"
    case .repair: "`repair \(name)` in `prune`"
    case .quantiser: "`by \(name)` in `quantise`"
    case .recovery: "`recover \(name)`"
    case .data: "`data … = \(name)`"
    case .evaluation: "`evaluate \(name)`"
    case .format: "`save \(name)`"
    }
  }
}
