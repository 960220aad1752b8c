import BillhookEngine

/// What a plugin's declaration says about it, for people who write recipes.
public struct PluginDescription: Sendable {
  /// The name in recipes.
  public let name: String
  /// Which kind of plugin it is.
  public let kind: PluginKind
  /// What it does, in one sentence.
  public let summary: String
  /// Where it was published; nil for what was not.
  public let reference: Reference?
  /// The values that follow its name, in order.
  public let arguments: [Setting]
  /// What may stand in its braces.
  public let settings: [Setting]
  /// The settings that stand in the same braces, whatever the plugin of the kind.
  public let sharedSettings: [Setting]
  /// What data it gives, or measures on.
  let dataForm: DataForm
  /// Whether it draws from other data, and whether it reads conversations.
  let isMixture: Bool
  let readsConversations: Bool
  /// Whether it is a criterion, an allocation, a search, a quantiser or an evaluation that measures something
  /// on data.
  public let needsData: Bool
  /// Whether it is a criterion that scores while a model is trained.
  public let scoresInTraining: Bool
  /// The units that a criterion scores, a search looks for, or whose removal a repair makes up for, and
  /// the single weights of refiners and quantisers; empty for others.
  public let granularities: Set<UnitGranularity>
  /// Where recipes name it, in code marks; nil where they do not.
  public let place: String?
  /// What its example has in its braces; nil for its first setting.
  let exampleSettings: String?
  /// The names of the evidence that it asks for.
  public let evidence: [String]

  /// A parameter as a recipe writes it.
  public struct Setting: Sendable {
    /// The name.
    public let name: String
    /// What it does.
    public let help: String
    /// The type and range of its value.
    public let permitted: String
    /// The default value; nil where there is none.
    public let standard: String?
    /// The words that the value can be; empty where it is no choice of words.
    let choices: [String]

    package init<Root>(_ parameter: Parameter<Root>, of root: Root) {
      name = parameter.name
      help = parameter.help
      permitted = parameter.permitted
      choices = parameter.choices
      standard = parameter.setting(of: root).map { _ in parameter.value(of: root) }
    }
  }

  /// Describes a plugin.
  public init(_ type: any Plugin.Type) { self.init(of: type) }

  private init<P: Plugin>(of type: P.Type) {
    let plugin = P()
    name = P.name
    kind = P.kind
    summary = P.summary
    reference = P.reference
    arguments = P.parameters.filter(\.isArgument).map { Setting($0, of: plugin) }
    settings = P.parameters.filter { !$0.isArgument }.map { Setting($0, of: plugin) }
    isMixture = plugin is any MixedSource
    readsConversations = plugin is any ConversationSource
    sharedSettings = Self.sharedSettings(of: plugin)
    dataForm =
      (plugin as? any Evaluation).map { Swift.type(of: $0).dataForm }
      ?? (plugin as? any DataSource)?.dataForm ?? .text
    let (criterion, repair) = (plugin as? any Criterion, plugin as? any Repair)
    let allocation = plugin as? any ProportionalAllocation
    let (refiner, quantiser) = (plugin as? any Refiner, plugin as? any Quantiser)
    // Single weights are not scored one by one.
    place = plugin is any SparseUnit ? "`prune \(P.name)`" : P.kind.place(of: P.name)
    exampleSettings = P.exampleSettings
    needsData =
      criterion?.evidence.isEmpty == false || allocation?.needsData == true
      || quantiser?.evidence.isEmpty == false
      || plugin is any Evaluation && !(plugin is any ModelEvaluation) || plugin is any Search
    scoresInTraining = plugin is any UpdateCriterion
    granularities =
      criterion?.granularities ?? repair?.granularities ?? (plugin as? any Search)?.granularities
      ?? (refiner != nil || quantiser != nil ? [.weight] : [])
    let measured: [any Evidence]? =
      criterion?.evidence ?? repair?.evidence ?? allocation?.evidence ?? refiner?.evidence
    evidence = (measured ?? quantiser?.evidence ?? []).map { Swift.type(of: $0).name }
  }

  /// The settings that stand in the same braces as a plugin's own.
  static func sharedSettings<P: Plugin>(of plugin: P) -> [Setting] {
    let known = P.kind.sharedSettings
    // Windows of tasks and mixtures are those of their questions and parts.
    return known.isEmpty || plugin is any TaskSource || plugin is any MixedSource ? [] : known
  }
}

extension PluginKind {
  /// The settings that stand in the same braces as a plugin's own, whatever the plugin.
  var sharedSettings: [PluginDescription.Setting] {
    switch self {
    case .data: WindowSettings.parameters.map { .init($0, of: WindowSettings()) }
    case .format: SaveSettings.parameters.map { .init($0, of: SaveSettings()) }
    default: []
    }
  }
}
