public import BillhookFiles
public import BillhookTokenizer

/// The token that begins a text (BOS), by the one rule for generation, calibration and evaluation.
///
/// What the tokenizer puts before a text counts, as it does in transformers and lm-eval. Where it puts
/// nothing, a text begins with nothing, and the token that is named for it (`bos_token` of
/// `tokenizer_config.json`, else `bos_token_id` of `config.json`) is taken only on request.
public struct TextBeginning: Sendable, Equatable {
  /// The id of the token; nil where nothing names one.
  public let token: Int?
  /// Whether the tokenizer puts it before a text by itself.
  public let isAdded: Bool
  /// In words, what `config.json` says otherwise; nil where it agrees.
  public let disagreement: String?

  /// The token of a text that has no tokenizer, or whose tokenizer says nothing else.
  public init(_ token: Int?, isAdded: Bool) {
    self.token = token
    self.isAdded = isAdded
    disagreement = nil
  }

  /// The token of a model's texts.
  ///
  /// - Parameters:
  ///   - directory: Where the model's files are.
  ///   - configuration: What `config.json` says.
  ///   - tokenizer: The model's tokenizer; nil where it has none.
  /// - Throws: `FileError` when `tokenizer_config.json` is damaged.
  public init(
    in directory: ModelDirectory,
    _ configuration: ModelConfiguration,
    _ tokenizer: Tokenizer?
  ) throws(FileError) {
    let configured = configuration.beginningToken
    isAdded = tokenizer?.beginningToken != nil
    if let added = tokenizer?.beginningToken {
      token = added
    } else if let tokenizer, let named = try directory.namedToken("bos_token", tokenizer) {
      token = named
    } else {
      token = configured
    }
    if let token, let configured, configured != token, let tokenizer {
      let begins = isAdded ? "the tokenizer begins a text with" : "tokenizer_config.json names"
      disagreement =
        "\(begins) \(tokenizer.shown(token)), bos_token_id of config.json is "
        + "\(tokenizer.shown(configured)); the tokenizer's counts"
    } else {
      disagreement = nil
    }
  }
}

extension Tokenizer {
  /// A token with its id, for messages.
  public func shown(_ id: Int) -> String {
    "\((token(of: id) ?? "?").shown(atMost: 40)) (\(id))"
  }
}
