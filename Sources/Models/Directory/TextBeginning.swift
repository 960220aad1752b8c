public import BillhookFiles
public import BillhookTokenizer

/// The token that begins a text (BOS), by one rule for generation, calibration and evaluation.
///
/// If the tokenizer puts a token before a text, that token counts, as in transformers and lm-eval.
/// If it does not, a text begins without one, and the token that the files name (`bos_token` of
/// `tokenizer_config.json`, else `bos_token_id` of `config.json`) is used only on request.
public struct TextBeginning: Sendable, Equatable {
  /// The id of the token; nil where no file names one.
  public let token: Int?
  /// Whether the tokenizer puts it before a text by itself.
  public let isAdded: Bool
  /// A sentence on how `config.json` disagrees; nil where it agrees.
  public let disagreement: String?

  /// Makes a beginning from a known token, without comparing it with `config.json`.
  public init(_ token: Int?, isAdded: Bool) {
    self.token = token
    self.isAdded = isAdded
    disagreement = nil
  }

  /// Finds the token that begins a model's texts.
  ///
  /// - Parameters:
  ///   - directory: Where the model's files are.
  ///   - configuration: The model's configuration.
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

extension TextBeginning {
  /// The tokens of a prompt, after the one that starts a text where the tokenizer puts it there.
  ///
  /// - Returns: The tokens; none for an empty prompt of a model that has no such token.
  public func tokens(of prompt: String, by tokenizer: Tokenizer) -> [Int] {
    let tokens = tokenizer.encode(prompt, addingSpecialTokens: false)
    // Some tokenizers add no beginning, but an empty text needs one.
    guard isAdded || tokens.isEmpty, let token else { return tokens }
    return [token] + tokens
  }
}

extension Tokenizer {
  /// A token with its id, for messages.
  public func shown(_ id: Int) -> String {
    "\((token(of: id) ?? "?").shown(atMost: 40)) (\(id))"
  }
}
